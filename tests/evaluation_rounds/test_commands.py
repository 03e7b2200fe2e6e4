"""The commands on rounds: what they print, and one line with exit status 1 for what they refuse."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from evaluation.models import Round
from evaluation.selectors import standing_draw, standing_snapshot
from foundation.models import AuditEntry
from tests.evaluation_rounds import city

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    line = str(error.value)
    assert line
    assert "\n" not in line
    return line


def test_the_way_from_draft_to_open() -> None:
    evaluation = city.draft()
    printed = run("freeze_register", "2008", "--seed-source", city.SOURCE)
    snapshot = standing_snapshot(2008)
    assert snapshot.snapshot_hash in printed
    assert snapshot.plan_hash in printed
    printed = run("draw", "2008", "--public-seed", city.SEED, "--witnesses", "张三")
    assert standing_draw(2008).seed in printed
    assert "34" in printed
    city.issue_all(evaluation)
    Round.objects.update(opens_at=timezone.now() + timezone.timedelta(days=1))
    run("open_round", "2008", "--at", "now")
    evaluation.refresh_from_db()
    assert evaluation.state == "open"
    assert evaluation.takes_ballots()
    assert "(" in AuditEntry.objects.get(action="round.open").actor_name  # the operating system's user


def test_refusals_are_one_line() -> None:
    assert "2008" in refused("freeze_register", "2008", "--seed-source", "x")
    city.draft()
    refused("freeze_register", "2008", "--seed-source", "  ")
    refused("draw", "2008", "--public-seed", city.SEED)
    refused("open_round", "2008")
    refused("open_round", "2008", "--at", "tomorrow")
    assert Round.objects.get().state == "draft"


def test_a_second_draw_is_refused() -> None:
    city.draft()
    run("freeze_register", "2008", "--seed-source", city.SOURCE)
    run("draw", "2008", "--public-seed", city.SEED)
    refused("draw", "2008", "--public-seed", city.SEED)
    refused("draw", "2008", "--public-seed", "1 2 3")


def test_unequal_chances_are_accepted_with_a_reason() -> None:
    city.draft()
    city.people("npc", 1, start=900, district="高淳县")
    assert "高淳县" in refused("freeze_register", "2008", "--seed-source", city.SOURCE)
    run("freeze_register", "2008", "--seed-source", city.SOURCE, "--accept-chances", "远郊一人")
    assert standing_snapshot(2008).chances_reason == "远郊一人"
