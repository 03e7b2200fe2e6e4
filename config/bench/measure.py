"""Timing, and a line of the result: a figure, its floor, their ratio, the aim."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One measured thing. ``value`` and ``floor`` in ``unit``; ``aim`` is the largest ratio (or value) that is fine.

    ``at_least``: the aim is a smallest ratio instead. Without a floor the value itself is held against the aim.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    floor_name: str = ""
    aim: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """Value by floor."""
        return self.value / self.floor if self.floor else None

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        if self.aim is None:
            return None
        measured = self.value if self.floor is None else (self.ratio or 0.0)
        return measured >= self.aim if self.at_least else measured <= self.aim

    def row(self) -> list[str]:
        """The line as cells of a table."""
        sign = "≥" if self.at_least else "≤"
        aim = "" if self.aim is None else f"{sign} {self.aim:g}" + (" ×" if self.floor is not None else f" {self.unit}")
        verdict = {None: "", True: "reached", False: "MISSED"}[self.reached]
        return [
            self.name,
            f"{self.value:,.4g} {self.unit}",
            "" if self.floor is None else f"{self.floor:,.4g} {self.unit} ({self.floor_name})",
            "" if self.ratio is None else f"{self.ratio:.2f} ×",
            aim,
            verdict,
        ]


def median_ms(work: Callable[[], object], times: int = 5, warm: int = 1) -> float:
    """The median of some runs, milliseconds, after some unmeasured ones."""
    for _unmeasured in range(warm):
        work()
    taken = []
    for _run in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0-1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
