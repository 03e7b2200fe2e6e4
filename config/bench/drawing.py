"""The draw of 12,000 out of a million, with cells and caps: against hashing the same ids, and against another program.

Two ways to the register: out of PostgreSQL as it is now (who can be drawn, with cell and unit), and as the site draws
for real, from the register that was frozen, whose stored file is read, checked against the published hash and taken
apart. The floor is what no draw by published keys can do without: SHA-256 of seed and id of everybody, one after the
other, ids already in memory.
"""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median

from django.db import connection

from accounts.services import console
from config.bench.measure import Line
from config.bench.registry import fill
from evaluators.candidates import StratumRule, collect
from evaluators.draw import Candidates, Plan, Pool, StratumPlan, draw, load_frozen
from evaluators.models import Evaluator
from foundation import files
from foundation.jobs import SilentProgress

DRAWN = 12_000
_RUNS = 5
_SEED = "07 11 13 19 23 31 05 20081124"
_FLOOR_AIM, _FASTER, _MEMORY_MB = 2, 4, 1024
# One line for each stratum and cell; ids and units joined, since a row for each of a million costs more than the rest.
_REGISTER = """COPY (
  SELECT s.code, concat_ws('|', nullif(e.district, ''), nullif(e.industry, '')),
         string_agg(e.code, ','), string_agg(coalesce(e.unit_id::text, ''), ',')
  FROM evaluators_evaluator e JOIN evaluators_stratum s ON s.id = e.stratum_id
  WHERE e.status = 'active' GROUP BY 1, 2
) TO STDOUT"""


def from_database() -> Candidates:
    """Everybody who can be drawn, as the register stands: codes for ids, district and industry for the cell."""
    buffer = BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(_REGISTER, buffer)
    pools: dict[str, Pool] = {}
    for line in buffer.getvalue().decode("utf-8").splitlines():
        stratum, cell, ids, units = line.split("\t")
        pool = pools.setdefault(stratum, Pool([], [], []))
        people = ids.split(",")
        pool.ids.extend(people)  # type: ignore[attr-defined]
        pool.cells.extend([cell] * len(people))  # type: ignore[attr-defined]
        pool.units.extend(units.split(","))  # type: ignore[attr-defined]
    return Candidates("0" * 64, pools)


def plan_for(sizes: dict[str, int]) -> Plan:
    """12,000 in proportion to the strata, a fifth more in reserve; at most three of a unit, at least one of a cell."""
    total = sum(sizes.values())
    strata = tuple(
        StratumPlan(code, "random", DRAWN * size // total, DRAWN * size // total // 5, 3, 1)
        for code, size in sorted(sizes.items())
    )
    first = strata[0]
    lost = DRAWN - sum(stratum.quota for stratum in strata)
    strata = (StratumPlan(first.code, "random", first.quota + lost, first.reserve, 3, 1), *strata[1:])
    return Plan("bench", strata)


def measure() -> Iterator[Line]:
    """The lines of the draw; each figure the median of runs between whose floors the machine could not change much."""
    fill()
    folder = Path(_frozen_file())
    yield from _frozen_lines(folder)
    content = folder.read_bytes()
    snapshot_hash = hashlib.sha256(content).hexdigest()
    sizes = {code: len(pool.ids) for code, pool in load_frozen(content, snapshot_hash).pools.items()}
    plan = plan_for(sizes)
    ids = [candidate for pool in load_frozen(content, snapshot_hash).pools.values() for candidate in pool.ids]
    del content
    yield from _speed(folder, snapshot_hash, plan, ids)
    yield _memory(folder, snapshot_hash, plan)


def _frozen_file() -> str:
    """Freeze the register as the site does; the path of the stored canonical file."""
    rules = [StratumRule(code) for code in sorted(set(Evaluator.objects.values_list("stratum__code", flat=True)))]
    start = time.perf_counter()
    collected = collect(uuid.uuid4(), rules, SilentProgress())
    read = time.perf_counter() - start
    stored = files.store(
        b"".join(collected.registry.canonical()), kind="draw.registry", name="registry.csv", content_type="text/csv",
        permission="round.view", user=console(),
    )  # fmt: skip
    _frozen.update(read=read, stored=time.perf_counter() - start - read, people=len(collected.registry.ids))
    from django.core.files.storage import default_storage

    return default_storage.path(files._path(stored))


_frozen: dict[str, float] = {}


def _frozen_lines(_folder: Path) -> Iterator[Line]:
    people = f"{int(_frozen['people']):,} people"
    yield Line(f"{people}, freeze: read, hash identities", _frozen["read"], "s")
    yield Line(f"{people}, freeze: canonical file stored", _frozen["stored"], "s")
    yield Line(f"{people}, freeze: memory at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


def _hash_all(ids: Sequence[str]) -> list[str]:
    """The bare loop."""
    sha256, front = hashlib.sha256, "f" * 64 + ":"
    return [sha256((front + candidate).encode()).hexdigest() for candidate in ids]


def _speed(file: Path, snapshot_hash: str, plan: Plan, ids: list[str]) -> Iterator[Line]:
    works = {
        "floor": lambda: _hash_all(ids),
        "database": lambda: draw(from_database(), plan, _SEED),
        "frozen": lambda: draw(load_frozen(file.read_bytes(), snapshot_hash), plan, _SEED),
    }
    if find_spec("consistent_sampler"):
        from consistent_sampler import sampler

        works["sampler"] = lambda: list(sampler(ids, seed=_SEED, take=DRAWN))
    taken: dict[str, list[float]] = {name: [] for name in works}
    for run in range(_RUNS + 1):
        # One after the other each time, so that all of them meet the same moods of the machine.
        for name, work in works.items():
            if name == "sampler" and run > 2:
                continue
            start = time.perf_counter()
            work()
            if run:
                taken[name].append((time.perf_counter() - start) * 1000)
    times = {name: median(values) for name, values in taken.items()}
    what = f"draw {DRAWN:,} of {len(ids):,}, cells and caps"
    yield Line(f"{what}, PostgreSQL", times["database"], "ms", times["floor"], "bare SHA-256 loop", _FLOOR_AIM)
    yield Line(f"{what}, frozen file", times["frozen"], "ms", times["floor"], "bare SHA-256 loop", _FLOOR_AIM)
    if "sampler" in times:
        slowest = max(times["database"], times["frozen"])
        yield Line("consistent_sampler, the same ids in memory", times["sampler"], "ms", slowest, "draw", _FASTER, True)


_ALONE = """
import sys
from evaluators.draw import draw, load_frozen, parse_plan
plan, seed = parse_plan(open(sys.argv[1], "rb").read())
draw(load_frozen(open(sys.argv[2], "rb").read(), sys.argv[3]), plan, seed)
# Of this program alone: ru_maxrss would be that of the process which started it.
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def _memory(file: Path, snapshot_hash: str, plan: Plan) -> Line:
    """The most memory of a process that does nothing but draw."""
    from evaluators.draw import serialise

    plan_file = file.with_suffix(".plan")
    plan_file.write_bytes(serialise(plan, _SEED))
    command = [sys.executable, "-c", _ALONE, str(plan_file), str(file), snapshot_hash]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return Line("draw from the frozen file, memory", float(done.stdout), "MB", aim=_MEMORY_MB)
