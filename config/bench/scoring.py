"""Storage, tally, bootstrap and the whole scoring run, at 12,000 ballots × 84 departments on the database at hand."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.services import console
from config.bench.measure import Line, median_ms
from evaluation.models import Ballot, Round
from evaluation.states import RoundState
from foundation.database import is_postgresql
from scoring.core.bootstrap import rank_uncertainty
from scoring.core.cube import CountCube
from scoring.core.score import score
from scoring.inputs import RoundInput, read_ballots, read_input
from scoring.services import score_round

_ROWS = "bench_rating"


def measure(round: Round) -> Iterator[Line]:
    """Measure on a scored demo round; leaves a further run of it behind."""
    source = read_input(round)
    width = len(source.departments) * len(source.definition.items)
    answers = np.concatenate([np.frombuffer(data, np.uint8) for data in source.ballots.packed.values()])
    ratings = answers.size
    group_by = _rows_and_group_by(round, width)

    bare = median_ms(lambda: np.bincount(answers, minlength=5), times=9)

    loaded = median_ms(lambda: tallied(round, source), times=9)
    yield Line(f"tally of {ratings:,} ratings, load included", loaded, "ms", bare, "numpy.bincount in memory", 3)
    yield Line("the same against row-per-rating GROUP BY", group_by, "ms", loaded, "our tally", 12, at_least=True)
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM FULL evaluation_ballot")
            cursor.execute("SELECT pg_relation_size('evaluation_ballot')")
            stored = cursor.fetchone()[0] / (Ballot.objects.count() * width)
        yield Line("storage per rating", stored, "bytes", aim=2)
    cube = source.ballots.cube(source.definition, len(source.departments))
    yield Line(
        "cube to published table",
        median_ms(lambda: score(source.definition, source.departments, cube, **source.about), times=3),
        "ms",
    )
    yield _bootstrap(source, cube)
    yield _whole_run(round, group_by)


def tallied(round: Round, source: RoundInput, shard: QuerySet[Ballot] | None = None) -> CountCube:
    """The count cube of a round read before, or of a part of its ballots, with its load from the database."""
    classes = dict(zip(source.class_codes, source.ballots.class_weights, strict=True))
    ballots = read_ballots(round, source.definition, len(source.departments), classes, shard)
    return ballots.cube(source.definition, len(source.departments))


def _rows_and_group_by(round: Round, width: int) -> float:
    """The usual way, as a floor: one row per rating and GROUP BY in the database; milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_ROWS}")
        cursor.execute(
            f"CREATE TABLE {_ROWS} (ballot integer, stratum integer, weight_class varchar(40), "
            "department integer, choice integer)"
        )
    rows: list[tuple[int, int, str, int, int]] = []
    for number, (stratum, weight_class, packed) in enumerate(
        Ballot.objects.filter(round=round).values_list("stratum_id", "weight_class", "answers")
    ):
        rows += [(number, stratum, weight_class, at, choice) for at, choice in enumerate(bytes(packed)) if choice]
    _insert(rows)

    def group_by() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT department, stratum, weight_class, choice, count(*) FROM {_ROWS} "  # noqa: S608
                "GROUP BY department, stratum, weight_class, choice"
            )
            cursor.fetchall()

    taken = median_ms(group_by, times=5)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {_ROWS}")
    return taken


def _insert(rows: list[tuple[int, int, str, int, int]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if is_postgresql():
            from io import StringIO

            cursor.copy_expert(
                f"COPY {_ROWS} FROM STDIN", StringIO("\n".join("\t".join(map(str, row)) for row in rows))
            )
        else:
            cursor.executemany(f"INSERT INTO {_ROWS} VALUES (%s, %s, %s, %s, %s)", rows)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _bootstrap(source: object, cube: object) -> Line:
    result = score(source.definition, source.departments, cube, **source.about)  # type: ignore[attr-defined,arg-type]
    ballots = cube.returned.sum()  # type: ignore[attr-defined]
    # Satisfied, dissatisfied and valid of each department.
    columns = 3 * len(source.departments)  # type: ignore[attr-defined]
    generator = np.random.default_rng(1)
    left = generator.random((1000, int(ballots)), dtype=np.float32)
    right = generator.random((int(ballots), columns), dtype=np.float32)
    bare = median_ms(lambda: left @ right, times=5)
    taken = median_ms(
        lambda: rank_uncertainty(
            source.definition,  # type: ignore[attr-defined]
            source.departments,  # type: ignore[attr-defined]
            source.ballots,  # type: ignore[attr-defined]
            result,
            seed=hashlib.sha256(b"bench").hexdigest(),
            **source.about,  # type: ignore[attr-defined]
        ),
        times=3,
    )
    return Line("bootstrap, 1,000 replicates", taken, "ms", bare, "one SGEMM of the same columns", 2.5)


def _whole_run(round: Round, group_by: float) -> Line:
    Round.objects.filter(pk=round.pk).update(state=RoundState.SCORED)
    taken = []
    for number in range(3):
        start = time.perf_counter()
        score_round(actor=console(), round=round, reason=f"bench {number}")
        taken.append((time.perf_counter() - start) * 1000)
    return Line("whole scoring run, results stored", sorted(taken)[1], "ms", group_by, "GROUP BY", 5)
