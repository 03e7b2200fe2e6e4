"""A report on data quality in words and rows, for its page, the command and the workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from departments.models import DepartmentGroup
from evaluation.models import Round
from evaluation.selectors import configuration_of
from evaluation.wording import label_of
from foundation.formats import whole
from scoring.comparing import department_names
from scoring.core.quality import ABSTAIN, BLANK, FEWEST_ANSWERS, FINDINGS, IDENTICAL_FROM, balance
from scoring.exclusions import excluded_by_reason
from scoring.models import ExclusionDecision, Finding, QualityReport, ScoreRun
from scoring.quality_content import ALL, POPULATION, RETURNED


@dataclass(frozen=True)
class FindingCell:
    """How many ballots of a stratum show a sign: `count`, None where the number would tell an answer.

    `can_go` is False where leaving them out would be refused for being too few.
    """

    code: str
    label: str
    count: int | None
    is_excluded: bool
    can_go: bool


@dataclass(frozen=True)
class StratumLine:
    """A stratum of a report. Shares are fractions of one, None without a whole; `flag` "under", "over" or ""."""

    code: str
    label: str
    population: int
    population_share: Fraction | None
    quota: int
    quota_share: Fraction | None
    asked: int
    returned: int
    returned_share: Fraction | None
    return_rate: Fraction | None
    flag: str
    excluded: int
    findings: list[FindingCell]
    largest_bulk: int | None


def strata_lines(report: QualityReport) -> list[StratumLine]:
    """The strata of a report in the order of the round."""
    rows = report.content["strata"]
    names = stratum_names(report.round)
    shares = balance([(row["code"], row["population"], row["quota"], row["returned"]) for row in rows])
    return [
        StratumLine(
            code=row["code"],
            label=names.get(row["code"], row["code"]),
            population=row["population"],
            population_share=share.population_share,
            quota=row["quota"],
            quota_share=share.quota_share,
            asked=row["asked"],
            returned=row["returned"],
            returned_share=share.returned_share,
            return_rate=Fraction(row["returned"], row["asked"]) if row["asked"] else None,
            flag=share.flag,
            excluded=row["excluded"],
            findings=[_cell(row, name, report.content["min_cell"]) for name in FINDINGS],
            largest_bulk=row["largest_bulk"],
        )
        for row, share in zip(rows, shares, strict=True)
    ]


def _cell(row: dict[str, Any], finding: str, min_cell: int) -> FindingCell:
    count = row["findings"][finding]
    least = 1 if finding in (BLANK, ABSTAIN) else min_cell  # those tell no answers
    return FindingCell(
        finding, str(Finding(finding).label), count, finding in row["left_out"], count is not None and count >= least
    )


@dataclass(frozen=True)
class Meaning:
    """A sign in plain words: what was looked for, what it can mean, what it does not prove."""

    label: str
    what: str
    means: str
    proves_not: str


def meanings() -> list[Meaning]:
    """The signs explained for who is no statistician, in the order of the report."""
    return [
        Meaning(
            str(Finding.BLANK.label),
            _("The ballot came back without a single answer."),
            _("Somebody did not want to judge, or was told to hand something in."),
            _(
                "It changes no rate: a blank answer is not valid. It only makes the stratum look better covered than "
                "it is."
            ),
        ),
        Meaning(
            str(Finding.ABSTAIN.label),
            _("Every answer given is “don't know”."),
            _("The person may know none of these departments; many such ballots say that the stratum was ill chosen."),
            _("It changes no rate. An honest evaluator who has never met a department should answer like this."),
        ),
        Meaning(
            str(Finding.STRAIGHT.label),
            _("At least %(least)s valid answers, and all of them the same.") % {"least": FEWEST_ANSWERS},
            _("The form may have been clicked through without reading."),
            _("An honest evaluator may be equally satisfied with all. It is a reason to ask, not a proof."),
        ),
        Meaning(
            str(Finding.IDENTICAL.label),
            _(
                "At least %(bulk)s ballots of one stratum with at least %(least)s valid answers agree in every single "
                "answer."
            )
            % {"bulk": IDENTICAL_FROM, "least": FEWEST_ANSWERS},
            _("One person may have filled in the ballots of several."),
            _(
                "Ballots with the same answer throughout are easily identical by chance; long ones with mixed answers "
                "hardly ever are. Which answers they are is shown to nobody."
            ),
        ),
    ]


@dataclass(frozen=True)
class ComparisonLine:
    """One "what if these ballots were not there": in words, and what it does to the ranking."""

    key: str
    label: str
    note: str
    compared: bool
    left_out: int
    strata: list[str]
    kept: list[str]
    moved: int
    correlation: float | None
    ends: list[str]


def comparison_lines(report: QualityReport) -> list[ComparisonLine]:
    """The comparisons of a report that say something, in its order; empty where nothing could be compared."""
    names, groups, departments = stratum_names(report.round), group_names(), department_names()
    lines = []
    for key, entry in (report.content["comparisons"] or {}).items():
        if key == RETURNED and not (entry["strata"] or entry["kept"]):
            continue
        rows = entry["rows"]
        lines.append(
            ComparisonLine(
                key=key,
                label=comparison_label(key),
                note=_note(entry, key),
                compared=rows is not None,
                left_out=entry["left_out"],
                strata=[names.get(code, code) for code in entry["strata"]],
                kept=[names.get(code, code) for code in entry["kept"]],
                moved=entry["gained"] + entry["lost"] if rows is not None else 0,
                correlation=entry.get("correlation"),
                ends=list(_ends(rows or [], groups, departments)),
            )
        )
    return lines


def comparison_label(key: str) -> str:
    """What a comparison is called."""
    special = {
        ALL: _("Without any of these signs"),
        RETURNED: _("With every ballot that came back"),
        POPULATION: _("Strata weighted by their size"),
    }
    return special[key] if key in special else _("Without: %(sign)s") % {"sign": Finding(key).label}


def _note(entry: dict[str, Any], key: str) -> str:
    if entry["rows"] is not None:
        return ""
    return _("Too few to compare") if entry["kept"] else _("No such ballot left to compare without")


def _ends(rows: Sequence[dict[str, Any]], groups: dict[str, str], names: dict[str, str]) -> Iterator[str]:
    """Where another department comes first or last in its group."""
    by_group: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_group.setdefault(row["group"], []).append(row)
    for group, members in by_group.items():
        for pick, text in (
            (min, _("First of %(group)s: %(before)s → %(after)s")),
            (max, _("Last of %(group)s: %(before)s → %(after)s")),
        ):
            before, after = (_at(pick, members, when, names) for when in ("before", "after"))
            if before != after:
                yield text % {"group": groups.get(group, group), "before": before or "—", "after": after or "—"}


def _at(pick: Any, members: Sequence[dict[str, Any]], when: str, names: dict[str, str]) -> str:
    """The department or departments at one end of the ranks of a group."""
    ranks = [row[when] for row in members if row[when] is not None]
    if not ranks:
        return ""
    found = [names.get(row["code"], row["code"]) for row in members if row[when] == pick(ranks)]
    return pgettext("list of departments", ", ").join(found)


@dataclass(frozen=True)
class PlaceLine:
    """A department's rank in the run, and in every comparison its rank and the places it gains."""

    name: str
    rank: int | None
    places: list[tuple[int | None, int | None]]


def place_tables(report: QualityReport) -> tuple[list[str], list[tuple[str, list[PlaceLine]]]]:
    """The names of the comparisons with ranks, and by group its departments in the order of the run's ranks."""
    entries = {key: entry for key, entry in (report.content["comparisons"] or {}).items() if entry["rows"] is not None}
    names, groups = department_names(), group_names()
    found: dict[str, list[PlaceLine]] = {}
    for lines in zip(*(entry["rows"] for entry in entries.values()), strict=True):
        first = lines[0]
        moves = [
            (row["after"], None if None in (row["before"], row["after"]) else row["before"] - row["after"])
            for row in lines
        ]
        found.setdefault(first["group"], []).append(
            PlaceLine(names.get(first["code"], first["code"]), first["before"], moves)
        )
    for rows in found.values():
        rows.sort(key=lambda row: (row.rank or 10**6, row.name))
    return [comparison_label(key) for key in entries], [(groups.get(code, code), rows) for code, rows in found.items()]


def excluded_lines(run: ScoreRun) -> list[tuple[str, str, int, str]]:
    """What a run left out by decision: stratum, sign, ballots, reason."""
    rows = excluded_by_reason(run)
    names = stratum_names(run.round) if rows else {}
    return [(names.get(row["stratum"], row["stratum"]), row["label"], row["count"], row["reason"]) for row in rows]


def excluded_sentence(run: ScoreRun) -> str:
    """How many ballots a run left out and why, in one line; "" where none."""
    rows = excluded_lines(run)
    if not rows:
        return ""
    reasons = pgettext("list of reasons", "; ").join(
        pgettext("excluded ballots", "%(stratum)s, %(sign)s, %(count)s: %(reason)s")
        % {"stratum": stratum, "sign": sign, "count": whole(count), "reason": reason}
        for stratum, sign, count, reason in rows
    )
    return _("%(count)s of %(returned)s ballots are left out by decision (%(reasons)s).") % {
        "count": whole(run.summary["excluded"]),
        "returned": whole(run.summary["returned"]),
        "reasons": reasons,
    }


def report_lines(report: QualityReport) -> Iterator[str]:
    """A report as plain lines, for the command."""
    for stratum in strata_lines(report):
        counts = ", ".join(f"{cell.label} {_few(cell.count)}" for cell in stratum.findings)
        yield f"{stratum.label}: {stratum.returned}/{stratum.asked}; {counts}"
    for line in comparison_lines(report):
        if line.note:
            yield f"{line.label}: {line.note}"
        else:
            yield _("%(name)s: %(ballots)s ballots, %(moved)s departments change their rank") % {
                "name": line.label,
                "ballots": line.left_out,
                "moved": line.moved,
            }
    if report.content["comparisons"] is None:
        yield _("The ranking was not compared: no run was computed from exactly these ballots and scores.")


def _few(count: int | None) -> str:
    return _("(not shown)") if count is None else str(count)


def stratum_names(round: Round) -> dict[str, str]:
    """Strata of a round by code, in the reader's language."""
    return {plan.code: label_of(plan) for plan in configuration_of(round).strata}


def group_names() -> dict[str, str]:
    """Groups by code."""
    return dict(DepartmentGroup.objects.values_list("code", "name"))


@dataclass(frozen=True)
class DecisionLine:
    """A decision, and whether it is the one that holds and excludes."""

    decision: ExclusionDecision
    stratum: str
    holds: bool


def decision_lines(decisions: Sequence[ExclusionDecision], round: Round) -> list[DecisionLine]:
    """Every decision of a round, newest first."""
    names = stratum_names(round)
    last = {(row.stratum.code, row.finding): row.pk for row in decisions}
    return [
        DecisionLine(
            row,
            names.get(row.stratum.code, row.stratum.code),
            row.excludes and last[row.stratum.code, row.finding] == row.pk,
        )
        for row in reversed(decisions)
    ]
