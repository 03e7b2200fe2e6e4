"""A hundred million ratings: the whole run with its memory, the tally by shards, and the tally inside the database.

The ballots are generated: those of a demo round, again and again, every answer given anew with the shares it has in its
stratum, so that no ballot is another's copy. PostgreSQL only.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np
from django.db import connection, transaction

from accounts.services import console
from config.bench.measure import Line, median_ms
from config.bench.scoring import tallied
from evaluation.models import Ballot, Round
from evaluation.states import RoundState
from foundation.database import bulk_write
from scoring.core.cube import CountCube
from scoring.core.tally import Packed
from scoring.inputs import RoundInput, read_input
from scoring.services import score_round

RATINGS = 100_000_000
_SHARDS = 4
_ROWS = "bench_rating"
_BLOCK = 20_000


def measure(round: Round) -> Iterator[Line]:
    """Grow a scored demo round to `RATINGS` ratings and measure on it; leaves it grown, with a further run."""
    source = read_input(round)
    ballots = _grow(round, source)
    name = f"{ballots * source.width:,} ratings"
    bare, counted = _tally(round, source)
    yield Line(f"tally of {name}, load included", counted, "ms", bare, "numpy.bincount in memory", 3)
    yield _by_shards(round, source, counted)
    yield _inside(round, source, counted)
    group_by = _group_by(round, source.width)
    yield Line("the same against row-per-rating GROUP BY", group_by, "ms", counted, "our tally", 12, at_least=True)
    yield from _whole_run(round, group_by)


def _grow(round: Round, source: RoundInput) -> int:
    """Replace the round's ballots by generated ones; returns how many."""
    generator = np.random.default_rng(7)
    scale = RATINGS / (sum(map(len, source.ballots.packed.values())) or 1)
    strata = [entry.code for entry in source.definition.strata]
    keys = dict(round.ballots.values_list("stratum__code", "stratum_id").distinct())
    steps = np.arange(len(source.definition.scale) + 1)
    with transaction.atomic():
        round.ballots.all().delete()
        written = 0
        for (stratum, weight_class), data in source.ballots.packed.items():
            rows = np.frombuffer(data, np.uint8).reshape(-1, source.width)
            shares = np.stack([(rows == step).mean(axis=0) for step in steps]).cumsum(axis=0)
            for _start in range(wanted := round_up(len(rows) * scale), 0, -_BLOCK):
                size = min(_BLOCK, wanted)
                wanted -= size
                drawn = generator.random((size, source.width), dtype=np.float32)
                answers = (drawn[None] >= shares[:-1, None]).sum(axis=0, dtype=np.uint8)
                written += bulk_write(
                    Ballot,
                    ["id", "round_id", "stratum_id", "weight_class", "answers"],
                    (
                        (os.urandom(16), round.pk, keys[strata[stratum]], source.class_codes[weight_class], row)
                        for row in map(bytes, answers)
                    ),
                )
        populations = {code: round_up(size * scale) for code, size in (round.populations or {}).items()}
        Round.objects.filter(pk=round.pk).update(populations=populations, state=RoundState.SCORED)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE evaluation_ballot")
    round.refresh_from_db()
    return written


def round_up(value: float) -> int:
    """The next whole number."""
    return int(np.ceil(value))


def _tally(round: Round, source: RoundInput) -> tuple[float, float]:
    """Milliseconds of numpy.bincount over the answers in memory, and of our tally with its load."""
    return _bincount(list(source.ballots.packed.values())), median_ms(lambda: tallied(round, source), times=3)


def _bincount(packed: list[Packed]) -> float:
    """In blocks: bincount turns its input into 64-bit integers, which at once would be 0.8 GB."""
    step = 1 << 20
    parts = [np.frombuffer(data, np.uint8)[at : at + step] for data in packed for at in range(0, len(data), step)]
    return median_ms(lambda: [np.bincount(part, minlength=5) for part in parts], times=3)


def _by_shards(round: Round, source: RoundInput, whole: float) -> Line:
    """The slowest of some shards by the first byte of a ballot's random id, and that their cubes add up."""
    cubes: list[CountCube] = []
    taken = []
    for shard in range(_SHARDS):
        start = time.perf_counter()
        low, high = (bytes([256 * end // _SHARDS]) if end < _SHARDS else None for end in (shard, shard + 1))
        rows = Ballot.objects.filter(round=round, id__gte=low)
        rows = rows.filter(id__lt=high) if high else rows
        cubes.append(tallied(round, source, rows))
        taken.append((time.perf_counter() - start) * 1000)
    if reduce(add, cubes).to_bytes() != tallied(round, source).to_bytes():
        raise RuntimeError("the cubes of the shards do not add up to the whole")
    return Line(f"slowest of {_SHARDS} shards, counted alone", max(taken), "ms", whole, "the whole tally")


def _inside(round: Round, source: RoundInput, whole: float) -> Line:
    """Counting inside PostgreSQL, so that only the cube travels (docs/tally.md)."""
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stratum_id, weight_class, at, get_byte(answers, at), count(*) "
            "FROM evaluation_ballot, generate_series(0, %s) AS at WHERE round_id = %s GROUP BY 1, 2, 3, 4",
            [source.width - 1, round.pk],
        )
        counted = sum(row[4] for row in cursor.fetchall())
    taken = (time.perf_counter() - start) * 1000
    if counted != Ballot.objects.filter(round=round).count() * source.width:
        raise RuntimeError("the database counted another number of answers")
    return Line("tally inside PostgreSQL (get_byte, GROUP BY)", taken, "ms", whole, "our tally")


def _group_by(round: Round, width: int) -> float:
    """The usual way: one row per rating and GROUP BY; milliseconds of the query alone."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_ROWS}")
        cursor.execute(
            f"CREATE UNLOGGED TABLE {_ROWS} AS "  # noqa: S608
            "SELECT ballot::integer, stratum_id::integer AS stratum, weight_class, at AS department, "
            "get_byte(answers, at) AS choice FROM (SELECT row_number() OVER () AS ballot, stratum_id, weight_class, "
            "answers FROM evaluation_ballot WHERE round_id = %s) AS b, generate_series(0, %s) AS at "
            "WHERE get_byte(answers, at) > 0",
            [round.pk, width - 1],
        )
        cursor.execute(f"VACUUM ANALYZE {_ROWS}")
        start = time.perf_counter()
        cursor.execute(
            f"SELECT department, stratum, weight_class, choice, count(*) FROM {_ROWS} "  # noqa: S608
            "GROUP BY department, stratum, weight_class, choice"
        )
        cursor.fetchall()
        taken = (time.perf_counter() - start) * 1000
        cursor.execute(f"DROP TABLE {_ROWS}")
    return taken


def _whole_run(round: Round, group_by: float) -> Iterator[Line]:
    start = time.perf_counter()
    score_round(actor=console(), round=round, reason="bench")
    taken = (time.perf_counter() - start) * 1000
    yield Line("whole scoring run, results stored", taken, "ms", group_by, "GROUP BY", 3)
    # ru_maxrss is the most this process has ever held, generating and the tallies above included.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    yield Line("memory of this process at its highest", peak, "GiB", aim=4)
