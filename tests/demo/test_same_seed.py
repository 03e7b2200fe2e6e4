"""Same seed, same city."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from evaluation.models import Ballot, Opinion, Round
from evaluators.models import Draw
from scoring.models import ScoreRun
from tests.demo.city import small_city


def fingerprint() -> list[str]:
    """What must not differ: draws follow snapshots, whose ids are random, so people are compared through results."""
    ballots = sorted(bytes(row) for row in Ballot.objects.filter(round__year=2001).values_list("answers", flat=True))
    texts = sorted(Opinion.objects.filter(round__year=2001).values_list("text", flat=True))
    assert Draw.objects.count() == Round.objects.count()
    return [
        hashlib.sha256(b"".join(ballots)).hexdigest(),
        hashlib.sha256("\n".join(texts).encode()).hexdigest(),
        *map(str, ScoreRun.objects.order_by("round__year").values_list("summary__city__satisfaction", flat=True)),
    ]


@pytest.mark.slow
@pytest.mark.django_db
def test_same_seed_same_city(django_db_blocker: Any) -> None:
    found = []
    for seed in (7, 7, 8):
        with small_city(django_db_blocker, seed=seed, scale=1 / 120):
            found.append(fingerprint())
    assert found[0] == found[1]
    assert found[0] != found[2]
