"""Importing a registry: validated and stored, against a bare read of the same file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import python_calamine
from django.db import connection, transaction

from accounts.services import console
from config.bench.measure import Line, median_ms
from config.demo import people
from config.demo.departments import all_departments
from departments.models import Department
from evaluators.importing import KIND, offered
from evaluators.models import Evaluator, Stratum, Unit
from foundation import imports
from foundation.database import is_postgresql, vacuum
from foundation.jobs import SilentProgress
from foundation.tables import Sheet, write_xlsx

ROWS = 60_000


def write_registry(target: Path, rows: int = ROWS) -> None:
    """The demo city's registry as the Excel file that a clerk would upload."""
    generator = np.random.default_rng(3)
    scale = rows / ROWS
    units = people.units(generator, scale)
    strata = dict(Stratum.objects.values_list("code", "name"))
    status = offered()["status"][0]
    write_xlsx(
        target,
        [
            Sheet(
                name="评议人",
                headers=[column.chinese for column in KIND.schema().columns],
                rows=(
                    [
                        one.code, one.name, strata[one.stratum], one.unit, one.unit_name, one.district, one.industry,
                        one.phone, one.email, one.weight_class, status, one.employer, one.proposed_by,
                    ]
                    for one in people.people(generator, units, all_departments(), scale)
                ),
            )
        ],
    )  # fmt: skip


def measure() -> Iterator[Line]:
    """Import into an empty registry; everything it wrote is taken back."""
    Department.objects.bulk_create(
        [Department(code=row.code, full_name=row.full_name) for row in all_departments()], ignore_conflicts=True
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.xlsx"
        write_registry(path)
        bare = median_ms(lambda: python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python(), times=3)
        taken = sorted(_once(path) for _run in range(3))[1]
    Department.objects.all().delete()
    vacuum(Evaluator, Unit)  # what was taken back would be in the way of what is measured next
    name = "PostgreSQL" if is_postgresql() else "SQLite"
    yield Line(
        f"import of {ROWS:,} people, {name}", taken, "ms", bare, "bare calamine read", 4 if is_postgresql() else 12
    )


def _once(path: Path) -> float:
    start = time.perf_counter()
    done = imports.apply(
        KIND,
        path.read_bytes(),
        {},
        actor=console(),
        fingerprint="bench",
        skip_problem_rows=False,
        progress=SilentProgress(),
    )
    taken = (time.perf_counter() - start) * 1000
    if done.result.create != len(done.table or []) or done.result.problems:
        raise RuntimeError(f"the import went wrong: {[one.to_dict() for one in done.result.problems[:3]]}")
    with transaction.atomic(), connection.cursor() as cursor:
        for model in (Evaluator, Unit):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608
    return taken
