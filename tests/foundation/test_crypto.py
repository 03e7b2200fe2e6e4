"""Encryption at rest: what one key and purpose sealed, nothing else opens."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from evaluators.models import Evaluator, Stratum
from foundation import crypto

PURPOSE = "test.purpose"


@pytest.mark.parametrize("plain", [b"", b"x", "张三 13912345678".encode(), bytes(range(256)) * 100])
def test_it_opens_again_and_is_29_bytes_longer(plain: bytes) -> None:
    sealed = crypto.encrypt(plain, purpose=PURPOSE)
    assert crypto.decrypt(sealed, purpose=PURPOSE) == plain
    # 1 byte version, 12 nonce, 16 tag
    assert len(sealed) == len(plain) + 29


def test_the_same_twice_looks_different() -> None:
    assert crypto.encrypt(b"x", purpose=PURPOSE) != crypto.encrypt(b"x", purpose=PURPOSE)


def test_another_purpose_does_not_open_it() -> None:
    sealed = crypto.encrypt(b"x", purpose=PURPOSE)
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt(sealed, purpose="test.other")


def test_another_key_does_not_open_it(settings: Any) -> None:
    sealed = crypto.encrypt(b"x", purpose=PURPOSE)
    settings.FIELD_KEY = "another key"
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt(sealed, purpose=PURPOSE)


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_any_altered_byte_shows(place: int) -> None:
    """Version, nonce, ciphertext, tag."""
    sealed = bytearray(crypto.encrypt(b"plain", purpose=PURPOSE))
    sealed[place] ^= 1
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt(bytes(sealed), purpose=PURPOSE)


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"\x01" * 28])
def test_what_is_too_short_is_no_ciphertext(rubbish: bytes) -> None:
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt(rubbish, purpose=PURPOSE)


def test_a_key_of_ones_own() -> None:
    key = crypto.derive_key(b"a ballot code with enough entropy", "draft")
    sealed = crypto.encrypt_with(key, b"x", purpose=PURPOSE)
    assert crypto.decrypt_with(key, sealed, purpose=PURPOSE) == b"x"
    other = crypto.derive_key(b"a ballot code with enough entropy", "envelope")
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt_with(other, sealed, purpose=PURPOSE)


def test_keyed_hashes_find_again_and_depend_on_key_and_purpose(settings: Any) -> None:
    found = crypto.keyed_hash("13912345678", purpose="phone")
    assert found == crypto.keyed_hash(b"13912345678", purpose="phone")
    assert len(found) == 32
    assert found != crypto.keyed_hash("13912345678", purpose="tail")
    settings.FIELD_KEY = "another key"
    assert found != crypto.keyed_hash("13912345678", purpose="phone")


# -- the field that uses it --------------------------------------------------------------------------------------------


def person(**values: str) -> Evaluator:
    return Evaluator.objects.create(code="E1", name="张三", stratum=Stratum.objects.all()[0], **values)


def stored(column: str) -> bytes:
    """What the database itself has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM evaluators_evaluator")
        return bytes(cursor.fetchone()[0])


@pytest.mark.django_db
def test_the_program_reads_text_and_the_database_has_none() -> None:
    person(phone="13912345678", email="zhang@example.cn")
    row = Evaluator.objects.get()
    assert (row.phone, row.email) == ("13912345678", "zhang@example.cn")
    assert b"139" not in stored("phone")
    assert b"zhang" not in stored("email")
    assert Evaluator.objects.values_list("phone", flat=True).get() == "13912345678"


@pytest.mark.django_db
def test_empty_text_is_no_bytes() -> None:
    person()
    assert stored("phone") == b""
    assert Evaluator.objects.get().phone == ""


@pytest.mark.django_db
def test_a_cell_moved_to_another_column_does_not_open() -> None:
    person(phone="13912345678")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evaluators_evaluator SET email = phone")
    with pytest.raises(crypto.DecryptionError):
        Evaluator.objects.get()


@pytest.mark.django_db
def test_saving_what_was_read_keeps_it() -> None:
    person(phone="13912345678")
    row = Evaluator.objects.get()
    row.name = "李四"
    row.save()
    assert Evaluator.objects.get().phone == "13912345678"


@pytest.mark.django_db
def test_a_bulk_writer_seals_the_same_way() -> None:
    person()
    field: Any = Evaluator._meta.get_field("phone")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evaluators_evaluator SET phone = %s", [field.encrypter()("13912345678")])
    assert Evaluator.objects.get().phone == "13912345678"
