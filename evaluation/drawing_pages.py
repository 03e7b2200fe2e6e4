"""The tables of the draw's pages: seats and chances before it, what came of it after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import segno
from django.utils.safestring import SafeString

from evaluation.models import Round
from evaluation.selectors import cell_sizes, configuration_of
from evaluation.services.freezing import draw_plan
from evaluation.wording import label_of
from evaluators.candidates import REASONS
from evaluators.draw.chances import CellChance, stratum_chances, unfair
from evaluators.models import Draw, Snapshot


@dataclass(frozen=True)
class StratumChances:
    """One stratum of a snapshot. ``left_out``: reason → number; ``cells``: as stored, with ``chance`` in per cent."""

    label: str
    mode: str
    size: int
    seats: int
    reserve: int
    left_out: Mapping[str, int]
    cells: list[dict[str, Any]]

    @property
    def chance(self) -> float | None:
        """Seats per candidate of the whole stratum, in per cent."""
        return 100 * self.seats / self.size if self.size else None


def chance_rows(round: Round, snapshot: Snapshot) -> list[StratumChances]:
    """Seats and chances as they were published, by stratum in the order of the plan."""
    labels = {plan.code: label_of(plan) for plan in configuration_of(round).strata}
    cells: dict[str, list[dict[str, Any]]] = {}
    for row in snapshot.chances:
        cells.setdefault(row["stratum"], []).append({**row, "chance": 100 * row["seats"] / row["size"]})
    found = []
    for plan in snapshot.plan["strata"]:
        own = cells.get(plan["code"], [])
        found.append(
            StratumChances(
                label=labels.get(plan["code"], plan["code"]),
                mode=plan["mode"],
                size=sum(row["size"] for row in own),
                seats=sum(row["seats"] for row in own),
                reserve=plan["reserve"],
                left_out=snapshot.exclusion_counts.get(plan["code"], dict.fromkeys(REASONS, 0)),
                cells=own,
            )
        )
    return found


@dataclass(frozen=True)
class DrawReport:
    """What came of a draw: rows by stratum, who changed since freezing, classes that were too small."""

    rows: list[dict[str, Any]]
    totals: Mapping[str, int]
    changes: Mapping[str, Mapping[str, Any]]
    small_classes: list[dict[str, Any]]
    invitations: int

    @property
    def has_changes(self) -> bool:
        """True if the register no longer bears out the snapshot."""
        return any(part["count"] for part in self.changes.values())


def draw_report(round: Round, record: Draw) -> DrawReport:
    """The result of a draw for its page and its sheet."""
    configuration = configuration_of(round)
    labels = {plan.code: label_of(plan) for plan in configuration.strata}
    classes = {entry.code: label_of(entry) for entry in configuration.weight_classes}
    strata = record.summary["strata"]
    rows = [{"label": labels.get(code, code), **numbers} for code, numbers in strata.items()]
    totals = {key: sum(row[key] for row in rows) for key in ("quota", "chosen", "reserve", "shortfall")}
    small = [
        {
            "stratum": labels.get(row["stratum"], row["stratum"]),
            "weight_class": classes.get(row["weight_class"], row["weight_class"]),
            "count": row["count"],
        }
        for row in record.summary.get("small_classes", [])
    ]
    return DrawReport(
        rows, totals, record.summary["changed_since_freezing"], small, record.summary.get("invitations", 0)
    )


def unequal_cells(round: Round) -> list[tuple[str, CellChance]]:
    """Cells that would need a reason at freezing (before rotation and recusal are looked at), with their stratum."""
    configuration = configuration_of(round)
    sizes = cell_sizes(configuration)
    labels = {plan.code: label_of(plan) for plan in configuration.strata}
    plan = draw_plan(configuration, "-")
    return [
        (labels[stratum.code], row)
        for stratum in plan.strata
        for row in unfair(stratum_chances(stratum, sizes[stratum.code]))
    ]


def qr_code(round: Round, snapshot: Snapshot) -> SafeString:
    """The fingerprints as a QR code (SVG without style attributes), to photograph before the seed is known."""
    lines = [f"{round.year}-{snapshot.number}", f"snapshot {snapshot.snapshot_hash}", f"plan {snapshot.plan_hash}"]
    drawing = segno.make("\n".join(lines), error="m", micro=False)
    return SafeString(drawing.svg_inline(scale=3, border=2))  # noqa: S308 -- made of hex digits only
