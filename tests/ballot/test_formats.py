"""Codes, receipts and envelopes, byte by byte."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey

from evaluation import crockford, receipts
from evaluation.ballot_code import BallotCode, CodeError, demo_code
from evaluation.envelopes import (
    BUCKETS,
    OVERHEAD,
    ContentTooLongError,
    EnvelopeError,
    InnerEnvelope,
    Opener,
    capacity,
    pad,
    seal,
    unpad,
)

KEY = PrivateKey(bytes(range(32)))
PUBLIC = bytes(KEY.public_key)


def ballot(answers: bytes = b"\x01\x02\x00", **changes: object) -> InnerEnvelope:
    fields = {
        "year": 2008,
        "stratum": "deputies",
        "weight_class": "",
        "answers": answers,
        "opinions": {"D001": "办事快了。"},
        "receipt": bytes(range(16)),
    }
    return InnerEnvelope(**{**fields, **changes})  # type: ignore[arg-type]


class TestCodes:
    def test_the_check_character_by_hand(self) -> None:
        # "1" followed by fifteen zeros: c₁ = 1 with exponent 16, so the sum is α¹⁶. In GF(32) with x⁵ = x² + 1:
        # α⁵ = 00101, α¹⁰ = α⁴+1 = 10001, α¹⁵ = α¹⁰·α⁵ = (α⁴+1)(α²+1) = α⁶+α⁴+α²+1 = (α³+α)+α⁴+α²+1 = 11111,
        # α¹⁶ = α·11111 = 111110 ^ 100101 = 11011 = 27 = "V".
        assert crockford.check_character("1" + "0" * 15) == "V"

    def test_every_single_error_and_every_swap_shows(self) -> None:
        code = demo_code("errors", 2008, 1).reveal()
        for at in range(17):
            for wrong in crockford.ALPHABET:
                changed = code[:at] + wrong + code[at + 1 :]
                assert crockford.has_valid_check(changed) == (wrong == code[at])
        for one, two in itertools.combinations(range(17), 2):
            swapped = list(code)
            swapped[one], swapped[two] = swapped[two], swapped[one]
            assert crockford.has_valid_check("".join(swapped)) == (code[one] == code[two])

    @given(st.binary(min_size=10, max_size=10))
    def test_bytes_come_back(self, entropy: bytes) -> None:
        assert crockford.decode(crockford.encode(entropy), 10) == entropy

    def test_typed_codes_are_read_as_meant(self) -> None:
        code = BallotCode.from_bytes(bytes(10))
        assert code.reveal() == "0" * 17
        for typed in (
            "0000-0000-0000-0000-0",
            "oooo oooo oooo oooo o",
            "００００－００００－００００－００００－０",
            "OOOO–0000—0000.0000 0\n",
        ):
            assert BallotCode.read(typed) == code
        word = "1" + "0" * 15 + "V"
        assert BallotCode.read("l000 0000 0000 0000 v") == BallotCode(word) == BallotCode.read("I000-OOOO-0000-0000-V")

    @pytest.mark.parametrize("typed", ["", "0" * 16, "0" * 18, "U" + "0" * 16, "1" + "0" * 16, "零" * 17, "0" * 5000])
    def test_what_is_no_code_is_refused(self, typed: str) -> None:
        with pytest.raises(CodeError):
            BallotCode.read(typed)

    def test_a_code_does_not_show_itself(self) -> None:
        code = demo_code("silence", 2008, 3)
        assert code.reveal() not in f"{code} {code!r} {[code]} {code.__class__}"

    def test_hash_and_draft_key_are_unlike(self) -> None:
        one, two = demo_code("a", 2008, 0), demo_code("a", 2008, 1)
        assert len({one.hash, two.hash, one.draft_key, two.draft_key}) == 4
        assert one.hash != hashlib.sha256(one.reveal().encode()).digest()


class TestReceipts:
    def test_text_and_hash(self) -> None:
        text = receipts.text_of(bytes(16))
        assert text == "0" * 27
        assert receipts.grouped(text) == "-".join(["000"] * 9)
        # printf %s 000000000000000000000000000 | sha256sum
        assert receipts.hash_of(text) == hashlib.sha256(b"0" * 27).digest()
        assert receipts.read("ooo 000-000 000 000 000 000 000 000") == text

    def test_a_typing_error_is_not_taken_for_another_receipt(self) -> None:
        with pytest.raises(receipts.ReceiptError):
            receipts.read("1" + "0" * 26)

    def test_roots_of_rfc_6962(self) -> None:
        def sha(data: bytes) -> bytes:
            return hashlib.sha256(data).digest()

        leaves = [bytes([n]) * 32 for n in range(5)]
        a, b, c, d, e = [sha(b"\x00" + leaf) for leaf in leaves]
        assert receipts.merkle_root([]) == sha(b"")
        assert receipts.merkle_root(leaves[:1]) == a
        # Three leaves split 2 + 1, five split 4 + 1 (RFC 6962, 2.1: the largest power of two below n on the left).
        assert receipts.merkle_root(leaves[:3]) == sha(b"\x01" + sha(b"\x01" + a + b) + c)
        four = sha(b"\x01" + sha(b"\x01" + a + b) + sha(b"\x01" + c + d))
        assert receipts.merkle_root(leaves[:4]) == four
        assert receipts.merkle_root(leaves) == sha(b"\x01" + four + e)

    def test_the_list_is_sorted_lines(self) -> None:
        assert receipts.published_list([b"\x02" * 32, b"\x01" * 32]) == b"01" * 32 + b"\n" + b"02" * 32 + b"\n"


class TestEnvelopes:
    def test_what_goes_in_comes_out(self) -> None:
        assert Opener(bytes(KEY)).open(seal(ballot(), PUBLIC)) == ballot()

    def test_an_envelope_says_its_size_class_and_nothing_else(self) -> None:
        empty, full = ballot(bytes(84), opinions={}), ballot(b"\x04" * 84)
        assert len(seal(empty, PUBLIC)) == len(seal(full, PUBLIC)) == 2048
        assert seal(full, PUBLIC) != seal(full, PUBLIC)
        sizes = [len(seal(ballot(opinions={f"D{n}": "意" * 2000 for n in range(many)}), PUBLIC)) for many in (1, 3, 12)]
        # 2,000 characters are 6,000 bytes of UTF-8: one opinion needs 8 KiB, three 32 KiB, twelve 128 KiB.
        assert sizes == [8192, 32768, 131072]

    def test_too_much_is_refused(self) -> None:
        with pytest.raises(ContentTooLongError):
            seal(ballot(opinions={f"D{n}": "意" * 2000 for n in range(30)}), PUBLIC)

    @settings(max_examples=60)
    @given(st.integers(0, capacity(OVERHEAD)))
    def test_padding_fills_a_bucket_exactly(self, length: int) -> None:
        content = b"x" * length
        padded = pad(content, OVERHEAD)
        assert len(padded) + OVERHEAD in BUCKETS
        assert unpad(padded) == content

    @pytest.mark.parametrize("at", [0, 1, 40, 2047])
    def test_altered_bytes_do_not_open(self, at: int) -> None:
        sealed = bytearray(seal(ballot(), PUBLIC))
        sealed[at] ^= 1
        with pytest.raises(EnvelopeError):
            Opener(bytes(KEY)).open(bytes(sealed))

    def test_another_key_does_not_open(self) -> None:
        with pytest.raises(EnvelopeError):
            Opener(bytes(PrivateKey.generate())).open(seal(ballot(), PUBLIC))

    @pytest.mark.parametrize(
        "changes",
        [{"receipt": b"short"}, {"opinions": {"D001": "x" * 2001}}, {"opinions": {"D001": ""}}, {"year": "2008"}],
    )
    def test_what_is_no_ballot_is_refused(self, changes: dict[str, object]) -> None:
        with pytest.raises(EnvelopeError):
            Opener(bytes(KEY)).open(seal(ballot(**changes), PUBLIC))

    def test_a_ballot_does_not_show_itself(self) -> None:
        shown = repr(ballot()) + repr(Opener(bytes(KEY)))
        assert "办事" not in shown
        assert bytes(KEY).hex() not in shown
        assert "deputies" not in shown
