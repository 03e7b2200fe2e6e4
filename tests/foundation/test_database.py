"""What differs between the databases, seen from outside the same on both."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from departments.models import DepartmentGroup
from evaluators.models import Evaluator, Stratum
from foundation import database
from foundation.models import Job

pytestmark = pytest.mark.django_db

AWKWARD = [
    "plain",
    "",
    "tab\there",
    "line\nfeed\r\nreturn\r",
    "back\\slash \\n \\. \\N",
    "quote ' \" ; -- %s %%",
    "汉字·𠮷 👍",
    "=SUM(A1)",
    "\\N",
    " spaces around ",
]

GROUP = ("code", "name", "name_en", "order")


@pytest.mark.parametrize("text", AWKWARD)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    database.bulk_write(DepartmentGroup, GROUP, [("x", f"名{text}", text, 9)])
    row = DepartmentGroup.objects.get(code="x")
    assert (row.name, row.name_en, row.order) == (f"名{text}", text, 9)


def test_bytes_nothing_and_truth_come_back_too() -> None:
    stratum = Stratum.objects.all()[0]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    columns = (
        "code", "name", "stratum_id", "unit_id", "district", "industry", "phone", "email", "phone_hash",
        "phone_tail_hash", "email_hash", "weight_class", "status", "employer_id", "proposed_by", "created_at",
        "updated_at",
    )  # fmt: skip
    every_byte = bytes(range(256))[:32]
    row = (
        "E1",
        "张三",
        stratum.pk,
        None,
        "",
        "",
        b"",
        b"",
        every_byte,
        b"",
        b"\x00\\\n\t",
        "",
        "active",
        None,
        "",
        now,
        now,
    )
    assert database.bulk_write(Evaluator, columns, [row]) == 1
    person = Evaluator.objects.get()
    assert (person.unit_id, person.employer_id, person.phone, bytes(person.phone_tail_hash)) == (None, None, "", b"")
    assert bytes(person.phone_hash) == every_byte
    assert bytes(person.email_hash) == b"\x00\\\n\t"
    database.bulk_write(
        Stratum,
        ("code", "name", "name_en", "order", "is_active"),
        [("a", "甲", "", 1, True), ("b", "乙", "", 2, False)],
    )
    assert dict(Stratum.objects.filter(code__in="ab").values_list("code", "is_active")) == {"a": True, "b": False}


def test_many_rows_cross_every_batch() -> None:
    # More than a batch on SQLite (5,000) and on PostgreSQL (20,000).
    rows = ((f"g{n}", f"组{n}", "", 1) for n in range(20_001))
    assert database.bulk_write(DepartmentGroup, GROUP, rows) == 20_001
    assert DepartmentGroup.objects.filter(code__startswith="g", name__startswith="组").count() == 20_001


def test_no_rows_are_no_rows() -> None:
    assert database.bulk_write(DepartmentGroup, GROUP, []) == 0


def test_a_bad_row_leaves_none() -> None:
    before = DepartmentGroup.objects.count()
    rows = [("x", "甲组", "", 1), ("y", "甲组", "", 1)]  # the same name twice
    with pytest.raises(IntegrityError), transaction.atomic():
        database.bulk_write(DepartmentGroup, GROUP, rows)
    assert DepartmentGroup.objects.count() == before


def test_binary_values_are_joined_by_key() -> None:
    stratum, other = Stratum.objects.all()[:2]
    for number, (place, digest) in enumerate([(stratum, b"ab"), (stratum, b"cd"), (other, b"\x00\xff")]):
        Evaluator.objects.create(code=f"E{number}", name="张", stratum=place, phone_hash=digest)
    joined: dict[tuple[int, ...], bytes] = {}
    database.each_joined(Evaluator.objects.all(), ("stratum_id",), "phone_hash", joined.__setitem__)
    assert joined.keys() == {(stratum.pk,), (other.pk,)}
    assert joined[other.pk,] == b"\x00\xff"
    assert joined[stratum.pk,] in (b"abcd", b"cdab")  # the order has no meaning


def test_serialise_needs_no_more_than_a_transaction() -> None:
    with transaction.atomic():
        database.serialise("a name with ' and 汉字")
        Job.objects.create(kind="x")
    assert Job.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nothing_is_called_forgotten_while_somebody_still_sees_it() -> None:
    """A session that began before keeps the old rows on disk, VACUUM FULL or not."""
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM departments_departmentgroup")
        DepartmentGroup.objects.update(order=7)
        with pytest.raises(database.StillRead):
            database.vacuum(DepartmentGroup, patience=0.3)
        other.rollback()
        database.vacuum(DepartmentGroup, patience=30)
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_vacuum_leaves_what_is_there() -> None:
    DepartmentGroup.objects.create(code="x", name="甲组")
    database.vacuum(DepartmentGroup)
    assert DepartmentGroup.objects.filter(code="x").exists()
