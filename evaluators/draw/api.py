"""The draw itself: candidates, plan and public seed in, places out. No clock, no randomness, no files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .allocation import allocate
from .columns import texts_at
from .errors import BadInput, shown
from .plan import Plan, StratumPlan, seed
from .selection import HashedKeys, Place, Progress, Role, Selection, select
from .snapshot import Candidates, Pool, quote

DRAWN_COLUMNS = ("id", "stratum", "cell", "unit", "role", "order")
NOBODY = Pool((), (), ())


class StratumSummary(NamedTuple):
    """Numbers of one stratum; ``shortfall`` = quota - chosen. For ``all`` the quota is the size of the stratum."""

    quota: int
    chosen: int
    reserve: int
    shortfall: int


@dataclass(frozen=True)
class DrawResult:
    """A finished draw.

    Attributes:
        snapshot_hash, plan_hash, seed: what the draw follows from, hex.
        places: strata in the order of the plan, main before reserve, each in key order.
        summaries: by stratum code, in the order of the plan.
    """

    snapshot_hash: str
    plan_hash: str
    seed: str
    places: tuple[Place, ...]
    summaries: dict[str, StratumSummary]

    def csv(self) -> bytes:
        """``drawn.csv``: UTF-8, LF, quotes only around a comma or a quote."""
        lines = [",".join(DRAWN_COLUMNS)]
        lines += [f"{p.id},{quote(p.stratum)},{quote(p.cell)},{quote(p.unit)},{p.role},{p.order}" for p in self.places]
        return ("\n".join(lines) + "\n").encode("utf-8")

    def summary(self) -> dict[str, object]:
        """The object that the command prints: the three hashes, then each stratum."""
        hashes = {"snapshot_hash": self.snapshot_hash, "plan_hash": self.plan_hash, "seed": self.seed}
        return hashes | {code: numbers._asdict() for code, numbers in self.summaries.items()}

    def summary_json(self) -> str:
        """`summary` as JSON, one-space indentation, no newline at the end."""
        return json.dumps(self.summary(), indent=1, ensure_ascii=False)


def draw(candidates: Candidates, plan: Plan, public_seed: str, progress: Progress | None = None) -> DrawResult:
    """Draw once. The same arguments give the same result, everywhere and always.

    Args:
        candidates: the frozen snapshot; the order of its candidates does not matter.
        plan: how many from where; every stratum of the snapshot must be in it.
        public_seed: what the announced source gave.
        progress: called with (candidates done, candidates in all); what it raises ends the draw.

    Raises:
        BadInput: a stratum that is not in the plan, or a public seed of another form.
    """
    check_strata(candidates, plan)
    plan_hash = plan.plan_hash
    the_seed = seed(candidates.snapshot_hash, plan_hash, public_seed)
    total = candidates.total
    done = 0
    places: list[Place] = []
    summaries: dict[str, StratumSummary] = {}
    for stratum in plan.strata:
        pool = candidates.pools.get(stratum.code, NOBODY)
        report = None if progress is None else _counting_from(done, total, progress)
        keys = HashedKeys(pool.ids, the_seed, report)
        selection = select(keys, pool.cells, pool.units, stratum, seats_of(pool, stratum))
        done += len(pool.ids)
        places += _places(pool, stratum.code, selection)
        quota, chosen = stratum.seats(len(pool.ids)), len(selection.main)
        summaries[stratum.code] = StratumSummary(quota, chosen, len(selection.reserve), quota - chosen)
    return DrawResult(candidates.snapshot_hash, plan_hash, the_seed, tuple(places), summaries)


def check_strata(candidates: Candidates, plan: Plan) -> None:
    """Refuse candidates of a stratum that the plan does not know.

    Raises:
        BadInput: ``unknown_stratum``.
    """
    for code in sorted(candidates.pools.keys() - set(plan.codes)):
        raise BadInput("unknown_stratum", f"{shown(code)} is not in draw.json", column="stratum", value=code)


def seats_of(pool: Pool, stratum: StratumPlan) -> dict[str, int]:
    """Seats by cell of one stratum; none are needed where everyone is taken."""
    if stratum.takes_everyone(len(pool.ids)):
        return {}
    return allocate(Counter(pool.cells), stratum.quota, stratum.min_per_cell)


def _counting_from(done: int, total: int, progress: Progress) -> Callable[[int], object]:
    return lambda here: progress(done + here, total)


def _places(pool: Pool, code: str, selection: Selection) -> list[Place]:
    roles: tuple[tuple[Role, list[int]], ...] = (("main", selection.main), ("reserve", selection.reserve))
    everyone = selection.main + selection.reserve
    ids = dict(zip(everyone, texts_at(pool.ids, everyone), strict=True))
    units = dict(zip(everyone, texts_at(pool.units, everyone), strict=True))
    return [
        Place(ids[i], code, pool.cells[i], units[i], role, order)
        for role, positions in roles
        for order, i in enumerate(positions, start=1)
    ]
