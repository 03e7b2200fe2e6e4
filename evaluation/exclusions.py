"""Reading who was left out of a draw, and why: from the encrypted list of the snapshot, whose hash was published.

The list is bytes of short lines (``code,stratum,reason``; codes have no commas), so that a hundred thousand of them are
filtered in a few hundredths of a second without being taken apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluation.models import Round
from evaluation.selectors import configuration_of
from evaluators import candidates, selectors
from evaluators.models import Evaluator, Snapshot, Stratum, Unit
from foundation import files
from foundation.models import Job, JobState
from foundation.tables.cleaning import clean_code, clean_text

#: The audit log's words for looking at the list and for taking it.
VIEWED, TAKEN = "exclusions.view", "exclusions.export"
PREVIEW_JOB = "evaluation.preview_exclusions"

LEFT_OUT: dict[str, str | Promise] = {
    candidates.INACTIVE: _("Not active in the register"),
    candidates.RESTING: _("Drawn in one of the last rounds"),
    candidates.RECUSED: _("Recused from the whole round"),
    candidates.ELSEWHERE: _("Stratum takes no part in the round"),
}
PARTLY: dict[str, str | Promise] = {
    candidates.PARTLY_GROUP: _("Does not judge the own group"),
    candidates.PARTLY_DEPARTMENT: _("Does not judge the own department"),
    candidates.PARTLY_LIST: _("Unit with departments it does not judge"),
}
REASONS = LEFT_OUT | PARTLY
PER_PAGE = 50
#: So many people and units that fit the words are looked for in the list.
MOST_NAMED = 5_000


@dataclass(frozen=True)
class ExclusionSearch:
    """What is looked for; empty fields do not matter. ``reason``: a key of `REASONS`, or ``out`` or ``partly``."""

    text: str = ""
    stratum: Stratum | None = None
    reason: str = ""

    def told(self) -> dict[str, Any]:
        """What the audit log hears of it: never the words, which may be somebody's name."""
        told = {
            "stratum": self.stratum.code if self.stratum else "",
            "exclusion_reason": self.reason,
            "by_words": bool(self.text),
        }
        return {key: value for key, value in told.items() if value}


@dataclass(frozen=True)
class Exclusion:
    """One line for the page. ``name`` and ``unit`` are what the register says now; "" where it has nobody any more."""

    code: str
    stratum: str
    stratum_label: str
    reason: str
    name: str = ""
    unit: str = ""
    pk: int | None = None
    is_unit: bool = False

    @property
    def reason_label(self) -> str:
        """The reason in the reader's language."""
        return str(REASONS.get(self.reason, self.reason))


class Lines(Sequence[bytes]):
    """Those lines of a snapshot's list that fit a search, in the order of the codes.

    Raises FileGone where the list is missing or is not the one whose hash was published.
    """

    def __init__(self, snapshot: Snapshot, search: ExclusionSearch) -> None:
        content = files.read(snapshot.exclusions_file) if snapshot.exclusions_file else b""
        lines = content.split(b"\n")[1:]
        if lines and not lines[-1]:
            lines.pop()
        wanted = _reasons(search.reason)
        if search.stratum or wanted:
            endings = tuple(
                f",{search.stratum.code},{reason}".encode() if search.stratum else f",{reason}".encode()
                for reason in (wanted or REASONS)
            )
            lines = [line for line in lines if line.endswith(endings)]
        if search.text:
            codes = {code.encode() for code in _codes_of(search.text)}
            lines = [line for line in lines if line[: line.index(b",")] in codes]
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: Any) -> Any:
        return self._lines[at]


def _reasons(reason: str) -> Iterable[str]:
    if reason == "out":
        return LEFT_OUT
    if reason == "partly":
        return PARTLY
    return (reason,) if reason in REASONS else ()


def _codes_of(text: str) -> set[str]:
    """Codes of the people and units that fit the words, by the registry's own search; the text itself as well."""
    code, words = clean_code(text), clean_text(text)
    people = selectors.find(Evaluator.objects.all(), selectors.Search(text=words)).order_by()
    units = Unit.objects.filter(name__contains=words)
    return {
        code,
        *people.values_list("code", flat=True)[:MOST_NAMED],
        *units.values_list("code", flat=True)[:MOST_NAMED],
    }


def with_names(lines: Iterable[bytes], round: Round) -> list[Exclusion]:
    """The lines of one page with the names that the register has now: three queries."""
    parts = [line.decode().split(",") for line in lines]
    units = {plan.code for plan in configuration_of(round).strata if plan.drawn_by == "unit"}
    of_units = Unit.objects.in_bulk([code for code, stratum, _r in parts if stratum in units], field_name="code")
    people = {
        person.code: person
        for person in Evaluator.objects.filter(code__in=[code for code, stratum, _r in parts if stratum not in units])
        .select_related("unit")
        .only("code", "name", "unit__name")
    }
    labels = {stratum.code: str(stratum) for stratum in Stratum.objects.all()}
    found = []
    for code, stratum, reason in parts:
        is_unit = stratum in units
        row = of_units.get(code) if is_unit else people.get(code)
        unit = row.unit.name if isinstance(row, Evaluator) and row.unit else ""
        found.append(
            Exclusion(
                code,
                stratum,
                labels.get(stratum, stratum),
                reason,
                row.name if row else "",
                unit,
                row.pk if row else None,
                is_unit,
            )
        )
    return found


def in_batches(lines: Sequence[bytes], round: Round, size: int = 1_000) -> Iterator[list[Exclusion]]:
    """All lines with names, so many at a time."""
    for start in range(0, len(lines), size):
        yield with_names(lines[start : start + size], round)


@dataclass(frozen=True)
class StratumExclusions:
    """Counts of one stratum by reason: ``out`` of those left out, ``partly`` of those recused in part."""

    code: str
    label: str
    out: dict[str, int]
    partly: dict[str, int]
    candidates: int | None = None

    @property
    def together(self) -> int:
        """Everybody left out."""
        return sum(self.out.values())

    def only(self, out: Iterable[str], partly: Iterable[str]) -> StratumExclusions:
        """The same with these reasons alone."""
        return replace(
            self,
            out={reason: self.out[reason] for reason in out},
            partly={reason: self.partly[reason] for reason in partly},
        )


def counts_by_stratum(
    counts: Mapping[str, Mapping[str, int]], sizes: Mapping[str, int] | None = None
) -> list[StratumExclusions]:
    """Numbers by stratum and reason in the order of the strata; strata without anybody only where a size is known."""
    sizes = sizes or {}
    return [
        StratumExclusions(
            code=stratum.code,
            label=str(stratum),
            out={reason: counts.get(stratum.code, {}).get(reason, 0) for reason in LEFT_OUT},
            partly={reason: counts.get(stratum.code, {}).get(reason, 0) for reason in PARTLY},
            candidates=sizes.get(stratum.code),
        )
        for stratum in Stratum.objects.all()
        if stratum.code in counts or stratum.code in sizes
    ]


def used_reasons(rows: Sequence[StratumExclusions]) -> tuple[list[str], list[str]]:
    """The reasons, of being left out and of partial recusal, that somebody has."""
    return (
        [reason for reason in LEFT_OUT if any(row.out[reason] for row in rows)],
        [reason for reason in PARTLY if any(row.partly[reason] for row in rows)],
    )


def totals(rows: Sequence[StratumExclusions]) -> StratumExclusions:
    """The sums over the strata, of the reasons that the rows have."""
    known = [row.candidates for row in rows if row.candidates is not None]
    out, partly = (rows[0].out, rows[0].partly) if rows else (LEFT_OUT, PARTLY)
    return StratumExclusions(
        code="",
        label="",
        out={reason: sum(row.out[reason] for row in rows) for reason in out},
        partly={reason: sum(row.partly[reason] for row in rows) for reason in partly},
        candidates=sum(known) if known else None,
    )


def last_preview(round: Round) -> Job | None:
    """The newest finished count of who would be left out of a draft's draw."""
    done = Job.objects.filter(kind=PREVIEW_JOB, state=JobState.DONE, params__round_id=round.pk)
    return done.order_by("-finished_at").first()
