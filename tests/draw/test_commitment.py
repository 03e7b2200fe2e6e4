"""Commitments: the same person gives the same hash however the lists write name and phone; nobody else does."""

from __future__ import annotations

import hashlib

import pytest

from evaluators.draw.commitment import commitment, derive_salt, normalise_phone, verify_commitment

KEY = b"0123456789abcdef"
SALT = derive_salt(KEY, "7", "p001")


def test_a_commitment_is_the_hash_of_salt_name_and_phone() -> None:
    assert commitment(SALT, "王小明", "13800138000") == hashlib.sha256(f"{SALT}王小明13800138000".encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "phone"),
    [
        (" 王小明 ", "138 0013 8000"),
        ("王小明\u200b", "+86-138-0013-8000"),
        ("\ufeff王小明", "008613800138000"),
        ("王小明", "１３８００１３８０００"),
        ("王小明\n", "8613800138000"),
    ],
)
def test_the_way_it_is_written_does_not_matter(name: str, phone: str) -> None:
    assert verify_commitment(commitment(SALT, "王小明", "13800138000"), SALT, name, phone)


@pytest.mark.parametrize(
    ("salt", "name", "phone"),
    [
        (SALT, "王晓明", "13800138000"),
        (SALT, "王小明", "13800138001"),
        (SALT, "王小明", ""),
        (derive_salt(KEY, "7", "p002"), "王小明", "13800138000"),
    ],
)
def test_anybody_else_is_somebody_else(salt: str, name: str, phone: str) -> None:
    assert not verify_commitment(commitment(SALT, "王小明", "13800138000"), salt, name, phone)


def test_names_keep_their_dot_and_their_rare_characters() -> None:
    assert commitment(SALT, "阿依古丽·买买提", "") != commitment(SALT, "阿依古丽买买提", "")
    assert commitment(SALT, "𠮷", "") == hashlib.sha256(f"{SALT}𠮷".encode()).hexdigest()


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("025-8323 1234", "02583231234"),
        ("8612345678", "8612345678"),  # ten digits behind 86: no mobile number, so nothing is cut off
        ("ask the unit", ""),
    ],
)
def test_other_phones_are_their_digits(phone: str, digits: str) -> None:
    assert normalise_phone(phone) == digits


def test_a_salt_belongs_to_one_candidate_of_one_snapshot_and_key() -> None:
    salts = {
        SALT,
        derive_salt(KEY, "8", "p001"),
        derive_salt(KEY, "7", "p002"),
        derive_salt(KEY[::-1], "7", "p001"),
    }
    assert len(salts) == 4
    assert all(len(salt) == 64 for salt in salts)


def test_what_could_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(ValueError, match="colon"):
        derive_salt(KEY, "7:p", "001")
    with pytest.raises(ValueError, match="16 bytes"):
        derive_salt(b"short", "7", "p001")
    with pytest.raises(ValueError, match="64 lower-case"):
        commitment(SALT[:-1], "王小明", "1")
    with pytest.raises(ValueError, match="needs a name"):
        commitment(SALT, " \u200b", "1")
