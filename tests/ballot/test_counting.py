"""Opening the box: everything or nothing, and nothing left that leads from a ballot to a person."""

from __future__ import annotations

import json
import os
import secrets
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.utils import timezone
from nacl.public import PrivateKey

from accounts.models import User
from evaluation import receipts
from evaluation.envelopes import InnerEnvelope, seal
from evaluation.models import Ballot, Invitation, KeyMode, Opinion, Receipt, Round, UnopenedEnvelope
from evaluation.refusals import Refused
from evaluation.services import counting
from evaluation.services.closing import close_round
from evaluation.services.counting import count_round
from evaluation.services.keys import destroy_key, ensure_key, has_key_file, key_path, private_key
from evaluation.services.opened import write_opened
from evaluation.services.submitting import Content, new_token, submit, token_hash
from foundation.jobs import SilentProgress
from foundation.models import AuditEntry
from tests.ballot.world import World, build


def cast(world: World, *, leave: int = 2) -> dict[int, bytes]:
    """Everybody but the last ``leave`` votes, each differently; returns token by index."""
    tokens = {}
    for index in range(len(world.codes) - leave):
        token = tokens[index] = new_token()
        answers = bytes((index + n) % 4 + 1 for n in range(world.size))
        text = {"D001": f"意见{index}"} if index % 2 else {}
        submit(admission=world.admission(index), content=Content(answers, text), token=token)
    return tokens


def closed(**options) -> tuple[World, dict[int, bytes]]:
    world = build(**options)
    tokens = cast(world)
    close_round(actor=world.staff, round=world.round)
    return world, tokens


def untouched(world: World, count: int) -> None:
    """Nothing was written and nothing taken away."""
    assert not Ballot.objects.exists()
    assert not Receipt.objects.exists()
    assert Invitation.objects.exclude(envelope=None).count() == count
    world.round.refresh_from_db()
    assert world.round.state == "closed"
    assert has_key_file(world.round)


@pytest.mark.django_db(transaction=True)
class TestOpening:
    def test_what_went_in_comes_out(self) -> None:
        world, tokens = closed()
        report = count_round(actor=world.staff, round=world.round)
        # 4 deputies and 4 residents voted, the two codes of the firm did not.
        assert report["returned"] == report["opened"] == 8
        assert report["strata"] == [
            {"stratum": "deputies", "returned": 4, "opened": 4, "unopenable": 0},
            {"stratum": "residents", "returned": 4, "opened": 4, "unopenable": 0},
        ]
        expected = []
        for index in range(8):
            answers = [(index + n) % 4 + 1 for n in range(6)]
            if index >= 4:  # residents do not judge the even departments
                answers = [answer if n % 2 else 0 for n, answer in enumerate(answers)]
            expected.append(("deputies" if index < 4 else "residents", bytes(answers)))
        found = [(row.stratum.code, bytes(row.answers)) for row in Ballot.objects.select_related("stratum")]
        assert Counter(found) == Counter(expected)
        assert sorted(Opinion.objects.values_list("text", flat=True)) == ["意见1", "意见3", "意见5", "意见7"]
        hashes = sorted(receipts.hash_of(receipts.text_of(token)) for token in tokens.values())
        assert [bytes(value) for value in Receipt.objects.order_by("hash").values_list("hash", flat=True)] == hashes
        assert world.round.receipts_root == receipts.merkle_root(hashes).hex() == report["root"]
        assert (world.round.state, world.round.counting_report["opened"]) == ("counted", 8)

    def test_nothing_shared_is_left(self) -> None:
        world, tokens = closed()
        kept = {n: bytes(world.reload(n).envelope) for n in tokens}
        hashes = {bytes(world.reload(n).token_hash) for n in tokens}
        count_round(actor=world.staff, round=world.round)
        assert Invitation.objects.exclude(envelope=None, draft=None, token_hash=None).count() == 0
        assert not has_key_file(world.round)
        with connection.cursor() as cursor:
            for model in (Ballot, Opinion, Receipt, UnopenedEnvelope, Invitation, Round, AuditEntry):
                cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
                for row in cursor.fetchall():
                    for cell in row:
                        held = bytes(cell) if isinstance(cell, (bytes, memoryview)) else str(cell).encode()
                        if model is not Receipt:
                            assert not any(token in held or token.hex().encode() in held for token in tokens.values())
                        assert not any(envelope[:64] in held for envelope in kept.values())
                        assert not any(value in held or value.hex().encode() in held for value in hashes)
        fields = {field.name for model in (Ballot, Opinion, Receipt) for field in model._meta.fields}
        assert fields == {"id", "round", "stratum", "weight_class", "answers", "department_code", "text", "hash"}

    def test_the_database_file_has_forgotten_the_envelopes(self, settings) -> None:
        if connection.vendor != "sqlite":
            return  # PostgreSQL's rewrite is seen in test_no_row_version_is_left
        world, tokens = closed()
        kept = [bytes(world.reload(n).envelope)[100:164] for n in tokens]
        count_round(actor=world.staff, round=world.round)
        name = connection.settings_dict["NAME"]
        paths = [Path(f"{name}{end}") for end in ("", "-wal")]
        content = b"".join(path.read_bytes() for path in paths if path.exists())
        assert not any(piece in content for piece in kept)

    @pytest.mark.postgres
    def test_transaction_ids_match_nothing(self) -> None:
        world, _tokens = closed()
        count_round(actor=world.staff, round=world.round)
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin::text, count(*) FROM evaluation_invitation GROUP BY 1")
            invitations = dict(cursor.fetchall())
            cursor.execute("SELECT xmin::text, count(*) FROM evaluation_ballot GROUP BY 1")
            ballots = dict(cursor.fetchall())
        # All invitations, used or not, carry one id, all ballots one: every join is everybody × everything.
        assert list(invitations.values()) == [10]
        assert list(ballots.values()) == [8]

    @pytest.mark.postgres
    def test_no_row_version_is_left(self) -> None:
        world, _tokens = closed()
        count_round(actor=world.staff, round=world.round)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_size('evaluation_invitation')")
            pages = cursor.fetchone()[0] // 8192
            cursor.execute("SELECT max((ctid::text::point)[0])::int + 1 FROM evaluation_invitation")
            assert pages == cursor.fetchone()[0] == 1
            cursor.execute(
                "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'evaluation_invitation'"
            )
            assert cursor.fetchone()[0] == 0

    def test_the_order_of_rows_is_not_the_order_of_returning(self) -> None:
        """Forty ballots that count upwards: were the order kept, it would be kept in all of twenty tries at once."""
        world = build(people=20, unit_codes=0, departments=8)
        for index in range(40):
            answers = bytes([index // 4 % 4 + 1, 1 + index % 4] * 4)
            submit(admission=world.admission(index), content=Content(answers), token=new_token())
        close_round(actor=world.staff, round=world.round)
        count_round(actor=world.staff, round=world.round)
        with connection.cursor() as cursor:
            order = "rowid" if connection.vendor == "sqlite" else "ctid"
            cursor.execute(f"SELECT id FROM evaluation_ballot ORDER BY {order}")
            ids = [bytes(row[0]) for row in cursor.fetchall()]
        assert ids == sorted(ids)  # physical order = order of the random ids, which know nothing

    def test_a_cleared_box_is_not_opened_twice(self) -> None:
        world, _tokens = closed()
        count_round(actor=world.staff, round=world.round)
        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round)
        assert refusal.value.code == "wrong_state"
        assert Ballot.objects.count() == 8


@pytest.mark.django_db(transaction=True)
class TestKilled:
    """Killed at any point: before the commit nothing has happened, after it the rest can be finished."""

    def test_before_the_commit(self, monkeypatch) -> None:
        world, _tokens = closed()

        class Killed(SilentProgress):
            def confirm(self) -> None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            count_round(actor=world.staff, round=world.round, progress=Killed())
        untouched(world, 8)
        assert count_round(actor=world.staff, round=world.round)["opened"] == 8

    def test_between_commit_and_clearing_up(self, monkeypatch) -> None:
        world, _tokens = closed()

        def die(*models) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(counting, "clear_up", die)
            with pytest.raises(KeyboardInterrupt):
                count_round(actor=world.staff, round=world.round)
        world.round.refresh_from_db()
        assert world.round.state == "counted"
        assert has_key_file(world.round)
        report = count_round(actor=world.staff, round=world.round)
        assert report["opened"] == 8
        assert "cleared_at" in report
        assert not has_key_file(world.round)
        assert Ballot.objects.count() == 8

    def test_while_opening_envelopes(self) -> None:
        world, _tokens = closed()

        class Killed(SilentProgress):
            def report(self, done, total, message="") -> None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            count_round(actor=world.staff, round=world.round, progress=Killed())
        untouched(world, 8)


def in_a_process(work) -> int:
    """Run ``work`` in a child with database connections of its own; how it ended, as waitpid says."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def die(*_anything) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.django_db(transaction=True)
class TestKilledForReal:
    """kill -9 of the process that opens the box."""

    @pytest.mark.parametrize("moment", ["opening", "before the commit"])
    def test_before_the_commit(self, moment: str) -> None:
        world, _tokens = closed()
        progress = SilentProgress(die if moment == "opening" else None)
        if moment != "opening":
            progress.confirm = die  # type: ignore[method-assign]
        status = in_a_process(lambda: count_round(actor=world.staff, round=world.round, progress=progress))
        assert os.WTERMSIG(status) == signal.SIGKILL
        untouched(world, 8)
        assert count_round(actor=world.staff, round=world.round)["opened"] == 8

    def test_after_the_commit(self, monkeypatch) -> None:
        world, _tokens = closed()
        with monkeypatch.context() as patch:
            patch.setattr(counting, "clear_up", die)
            status = in_a_process(lambda: count_round(actor=world.staff, round=world.round))
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert Ballot.objects.count() == 8
        assert has_key_file(world.round)
        assert count_round(actor=world.staff, round=world.round)["opened"] == 8
        assert not has_key_file(world.round)
        assert Ballot.objects.count() == 8


@pytest.mark.django_db(transaction=True)
class TestSpoilt:
    def replaced(self, world: World, index: int, envelope: bytes) -> None:
        Invitation.objects.filter(pk=world.invitations[index].pk).update(envelope=envelope)

    def test_an_unopenable_envelope_is_counted_and_kept(self) -> None:
        world, _tokens = closed()
        garbage = secrets.token_bytes(2048)
        self.replaced(world, 0, garbage)
        report = count_round(actor=world.staff, round=world.round)
        assert (report["returned"], report["opened"], report["unopenable"]) == (8, 7, 1)
        assert report["reasons"] == {"damaged": 1}
        assert report["strata"][0] == {"stratum": "deputies", "returned": 4, "opened": 3, "unopenable": 1}
        kept = UnopenedEnvelope.objects.get()
        assert (bytes(kept.sealed), kept.stratum.code) == (garbage, "deputies")
        assert Receipt.objects.count() == 7

    def test_a_copied_envelope_counts_once(self) -> None:
        """Whoever writes to the database could stuff the box with copies: the receipt gives them away."""
        world, _tokens = closed()
        self.replaced(world, 1, bytes(world.reload(0).envelope))
        report = count_round(actor=world.staff, round=world.round)
        assert (report["opened"], report["unopenable"], report["reasons"]) == (7, 1, {"receipt_twice": 1})

    @pytest.mark.parametrize(
        "change",
        [
            {"stratum": "residents"},
            {"weight_class": "heavy"},
            {"year": 2007},
            {"answers": bytes([9] * 6)},
            {"answers": bytes(5)},
            {"opinions": {"D999": "不在票上"}},
        ],
    )
    def test_a_ballot_that_this_invitation_could_not_send(self, change: dict) -> None:
        world, _tokens = closed()
        fields = {
            "year": 2008,
            "stratum": "deputies",
            "weight_class": "",
            "answers": bytes(6),
            "opinions": {},
            "receipt": secrets.token_bytes(16),
        }
        self.replaced(world, 0, seal(InnerEnvelope(**{**fields, **change}), bytes(world.round.public_key)))
        report = count_round(actor=world.staff, round=world.round)
        assert (report["opened"], report["reasons"]) == (7, {"foreign": 1})

    def test_an_answer_for_a_recused_department(self) -> None:
        world, _tokens = closed(recused={0: ["D001"]})
        inner = InnerEnvelope(2008, "deputies", "", bytes([0, 1, 0, 0, 0, 0]), {}, secrets.token_bytes(16))
        self.replaced(world, 0, seal(inner, bytes(world.round.public_key)))
        assert count_round(actor=world.staff, round=world.round)["reasons"] == {"foreign": 1}

    def test_envelopes_that_change_while_they_are_opened(self) -> None:
        world, _tokens = closed()

        def meddle(*_progress) -> None:
            self.replaced(world, 0, secrets.token_bytes(2048))

        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round, progress=SilentProgress(meddle))
        assert refusal.value.code == "envelopes_changed"
        untouched(world, 8)

    @pytest.mark.parametrize("taken", [True, False])
    def test_envelopes_that_come_or_go_while_they_are_opened(self, taken: bool) -> None:
        world, _tokens = closed()

        def meddle(*_progress) -> None:
            row = Invitation.objects.filter(pk=world.invitations[0 if taken else 9].pk)
            row.update(envelope=None if taken else secrets.token_bytes(2048))

        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round, progress=SilentProgress(meddle))
        assert refusal.value.code == "envelopes_changed"

    @pytest.mark.parametrize("change", [{"envelope": None}, {"returned_on": None}])
    def test_numbers_that_do_not_agree(self, change: dict) -> None:
        world, _tokens = closed()
        Invitation.objects.filter(pk=world.invitations[0].pk).update(**change)
        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round)
        assert refusal.value.code == "numbers_differ"
        untouched(world, 7 if "envelope" in change else 8)


@pytest.mark.django_db
class TestGuards:
    def test_an_open_round(self) -> None:
        world = build()
        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round)
        assert refusal.value.code == "wrong_state"

    def test_before_closing_time_and_grace(self) -> None:
        world = build(closes_at=timezone.now() - timedelta(minutes=5), grace_minutes=15)
        Round.objects.update(state="closed")
        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round)
        assert refusal.value.code == "too_early"

    def test_without_the_key(self) -> None:
        world, _tokens = closed()
        destroy_key(world.round)
        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round)
        assert refusal.value.code == "key_missing"

    def test_with_another_key(self) -> None:
        world, _tokens = closed()
        key_path(world.round).write_text("x25519-private:" + bytes(PrivateKey.generate()).hex())
        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round)
        assert refusal.value.code == "key_foreign"

    def test_key_holders_put_in_their_sheets(self) -> None:
        world, _tokens = closed()
        key = private_key(world.round)
        destroy_key(world.round)
        Round.objects.update(key_mode=KeyMode.SHARES)
        with pytest.raises(Refused) as refusal:
            count_round(actor=world.staff, round=world.round)
        assert refusal.value.code == "shares_needed"
        assert count_round(actor=world.staff, round=world.round, private=key)["opened"] == 8

    def test_who_may_not(self) -> None:
        world, _tokens = closed()
        with pytest.raises(PermissionDenied):
            count_round(actor=User.objects.create(username="stranger"), round=world.round)
        with pytest.raises(PermissionDenied):
            close_round(actor=User.objects.get(username="stranger"), round=world.round)

    def test_nobody_moves_the_round_past_a_sealed_box(self) -> None:
        from evaluation.services.moves import move

        world, _tokens = closed()
        with pytest.raises(Refused) as refusal:
            move(round=world.round, verb="count", actor=world.staff)
        assert refusal.value.code == "not_opened"

    def test_the_log_has_the_numbers(self) -> None:
        world, _tokens = closed()
        count_round(actor=world.staff, round=world.round)
        entry = AuditEntry.objects.get(action="box.open")
        assert entry.after["returned"] == 8
        assert set(entry.after) == {"returned", "opened", "unopenable", "opinions", "root"}
        assert json.dumps(entry.after)


@pytest.mark.django_db
class TestKeys:
    def test_the_file_is_its_owners_alone(self) -> None:
        world = build()
        assert key_path(world.round).stat().st_mode & 0o777 == 0o600
        assert key_path(world.round).parent.stat().st_mode & 0o777 == 0o700
        assert bytes(PrivateKey(private_key(world.round)).public_key) == bytes(world.round.public_key)

    def test_a_rolled_back_opening_finds_its_key_again(self) -> None:
        world = build(key=False)
        with pytest.raises(RuntimeError), transaction.atomic():
            first = ensure_key(world.round)
            raise RuntimeError
        world.round.refresh_from_db()
        assert world.round.public_key is None
        assert ensure_key(world.round) == first

    def test_it_is_made_once(self) -> None:
        world = build()
        assert ensure_key(world.round) == bytes(world.round.public_key)

    def test_key_holders_come_first(self) -> None:
        world = build(key=False)
        world.round.key_mode = KeyMode.SHARES
        with pytest.raises(Refused):
            ensure_key(world.round)
        assert not has_key_file(world.round)


@pytest.mark.django_db
class TestWriter:
    def test_it_needs_a_transaction_of_its_caller(self) -> None:
        world = build()
        written = write_opened(
            round=world.round,
            ballots=[(world.invitations[0].stratum_id, "", bytes(6))] * 3,
            opinions=[("D001", "好\t的\n\\")],
        )
        assert (sum(written.opened.values()), written.opinions, written.receipts) == (3, 1, 0)
        assert Opinion.objects.get().text == "好\t的\n\\"
        assert len({bytes(key) for key in Ballot.objects.values_list("pk", flat=True)}) == 3

    def test_token_hash_is_not_the_receipts(self) -> None:
        token = new_token()
        assert token_hash(token) != receipts.hash_of(receipts.text_of(token))
