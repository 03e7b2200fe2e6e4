"""Every append-only model has triggers of its own in the database, whatever program asks."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from foundation.append_only import AppendOnlyModel

MODELS = [model for model in apps.get_models() if issubclass(model, AppendOnlyModel)]


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_database_refuses_updates_and_deletes(model: type[AppendOnlyModel]) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT lower(event_manipulation) FROM information_schema.triggers "
                "WHERE event_object_table = %s AND action_timing = 'BEFORE' AND action_orientation = 'ROW'",
                [table],
            )
            refused = {row[0] for row in cursor.fetchall()}
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
            refused = {sql.split("BEFORE ")[1].split()[0].lower() for (sql,) in cursor.fetchall()}
    assert refused == {"update", "delete"}


def test_results_decisions_and_the_log_are_among_them() -> None:
    labels = {model._meta.label for model in MODELS}
    assert {"foundation.AuditEntry", "scoring.ScoreRun", "scoring.DepartmentScore"} <= labels
    assert {"scoring.ExclusionDecision", "scoring.WhatIfTrial"} <= labels
