"""The audit log: only added to, chained, and telling when somebody got at it past the program."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from accounts.services import console
from foundation import audit
from foundation.append_only import AppendOnlyError
from foundation.models import AuditEntry
from tests.tampering import past_the_triggers

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def actor(db: None) -> User:
    return User.objects.create(username="wang", full_name="王工")


def write(actor: Any, count: int = 1, **values: Any) -> list[AuditEntry]:
    with transaction.atomic():
        return [audit.record(actor=actor, action="test.trace", after={"n": n}, **values) for n in range(count)]


def test_an_entry_says_who_what_before_and_after(actor: User) -> None:
    with transaction.atomic():
        entry = audit.record(
            actor=actor, action="test.trace", subject=actor, year=2008, before={"a": 1}, after={"a": 2}, reason="依据"
        )
    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.actor, stored.actor_name, stored.subject_type) == (actor, "王工", "accounts.user")
    assert (stored.subject_id, stored.subject_label, stored.year) == (str(actor.pk), "王工", 2008)
    assert (stored.before, stored.after, stored.reason) == ({"a": 1}, {"a": 2}, "依据")


def test_commands_are_recorded_with_the_user_of_the_system(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ops")
    assert write(console())[0].actor_name == "命令行 (ops)"


def test_what_nobody_known_did_has_no_actor(db: None) -> None:
    entry = write(None)[0]
    assert (entry.actor, entry.actor_name) == (None, "")


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    user = User.objects.create(username="wang")
    with pytest.raises(transaction.TransactionManagementError):
        audit.record(actor=user, action="test.trace")
    assert not AuditEntry.objects.exists()


def test_an_undone_change_leaves_no_entry(actor: User) -> None:
    with pytest.raises(ValueError, match="undone"), transaction.atomic():
        audit.record(actor=actor, action="test.trace")
        raise ValueError("undone")
    assert not AuditEntry.objects.exists()


def test_each_entry_hangs_on_the_one_before(actor: User) -> None:
    first, second, third = write(actor, 3)
    assert first.previous_hash == "0" * 64
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    report = audit.check_chain()
    assert (report.entries, report.broken_count, report.broken) == (3, 0, [])
    assert (report.head_id, report.head_hash) == (third.pk, third.hash)


def test_decimals_and_dates_hash_as_they_read_back(actor: User) -> None:
    from datetime import date
    from decimal import Decimal

    with transaction.atomic():
        audit.record(actor=actor, action="test.trace", after={"score": Decimal("85.50"), "day": date(2008, 11, 24)})
    assert audit.check_chain().broken_count == 0


def test_the_program_neither_changes_nor_deletes(actor: User) -> None:
    entry = write(actor)[0]
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.update(reason="x")
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.all().delete()


@pytest.mark.parametrize(
    "statement", ["UPDATE foundation_auditentry SET reason = 'x'", "DELETE FROM foundation_auditentry"]
)
def test_the_database_refuses_too(actor: User, statement: str) -> None:
    write(actor)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.get().reason == ""


@pytest.mark.parametrize(
    ("column", "value"),
    [("reason", "nothing happened"), ("actor_name", "李四"), ("after", '{"n": 99}'), ("action", "user.login")],
)
def test_an_altered_entry_shows(actor: User, column: str, value: str) -> None:
    entries = write(actor, 3)
    with past_the_triggers(AuditEntry) as cursor:
        cursor.execute(f"UPDATE foundation_auditentry SET {column} = %s WHERE id = %s", [value, entries[1].pk])
    assert audit.check_chain().broken == [entries[1].pk]


def test_a_removed_entry_shows_at_the_next(actor: User) -> None:
    entries = write(actor, 3)
    with past_the_triggers(AuditEntry) as cursor:
        cursor.execute("DELETE FROM foundation_auditentry WHERE id = %s", [entries[1].pk])
    assert audit.check_chain().broken == [entries[2].pk]


def test_a_removed_first_entry_shows(actor: User) -> None:
    entries = write(actor, 2)
    with past_the_triggers(AuditEntry) as cursor:
        cursor.execute("DELETE FROM foundation_auditentry WHERE id = %s", [entries[0].pk])
    assert audit.check_chain().broken == [entries[1].pk]


def test_many_broken_links_are_all_counted_and_the_first_named(actor: User) -> None:
    entries = write(actor, 5)
    with past_the_triggers(AuditEntry) as cursor:
        cursor.execute("UPDATE foundation_auditentry SET reason = 'x'")
    report = audit.check_chain(shown=2)
    assert (report.broken_count, report.broken) == (5, [entries[0].pk, entries[1].pk])


def test_changes_keeps_what_differs() -> None:
    before, after = {"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 4, "new": 5}
    assert audit.changes(before, after) == ({"b": 2, "gone": 3, "new": None}, {"b": 4, "gone": None, "new": 5})


def test_every_action_in_the_code_has_a_label() -> None:
    """Literal actions of audit.record and of the helpers that pass one on (``action = "…" if … else "…"``)."""
    named = dict(audit.action_choices())
    found: set[str] = set()
    for path in sorted(ROOT.glob("*/**/*.py")):
        if path.relative_to(ROOT).parts[0] in {"tests", ".venv", "data", ".uv"} or "management" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if "audit.record" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            is_action = (isinstance(node, ast.keyword) and node.arg == "action") or (
                isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "action" for one in node.targets)
            )
            if isinstance(node, ast.keyword | ast.Assign) and is_action:
                values = (one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant))
                found |= {str(one) for one in values if re.fullmatch(r"[a-z_]+\.[a-z_]+", str(one))}
    assert found
    assert sorted(found - named.keys()) == []
