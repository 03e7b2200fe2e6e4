"""The result workbook: ranking, rates by stratum, comparison with last year, returns, and the rules it was scored by.

Figures are the published ones, as numbers with the round's decimals; small cells are texts that say why they are empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import Department, DepartmentGroup, Sector
from evaluation.definition import RoundConfiguration
from evaluation.models import Round
from evaluation.representation.sheets import representation_sheets
from evaluation.selectors import configuration_of, draw_count
from foundation.formats import moment
from foundation.tables.writing import Sheet, Value, xlsx_bytes
from portal.reports.explanation_sheet import explanation_sheet
from portal.reports.quality_sheet import quality_sheet
from portal.reports.replacement_sheet import replacement_sheets
from portal.reports.sensitivity_sheet import sensitivity_sheets
from scoring.certainty import certainty_of
from scoring.core.model import Baseline
from scoring.inputs import baselines_of
from scoring.models import DepartmentScore, ScoreRun
from scoring.shifts import shifts_of
from scoring.trials import trial_rows

_REASONS = ("last_in_group", "places_dropped", "dissatisfaction", "problem", "veto")


@dataclass(frozen=True)
class _Source:
    """What the sheets are written from, read once."""

    round: Round
    run: ScoreRun
    configuration: RoundConfiguration
    scores: list[DepartmentScore]
    results: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, str]
    sectors: Mapping[str, str]
    names: Mapping[str, str]
    unsure_last: frozenset[str]

    @property
    def number(self) -> str:
        """The Excel format of a published figure."""
        places = self.configuration.decimals
        return "0." + "0" * places if places else "0"


def result_workbook(run: ScoreRun, *, published: bool) -> bytes:
    """The workbook of a run as bytes of an .xlsx file. Unpublished ones say so in every title."""
    round = run.round
    configuration = configuration_of(round)
    scores = list(DepartmentScore.objects.filter(run=run).select_related("department"))
    order = {group.code: at for at, group in enumerate(configuration.groups)}
    scores.sort(key=lambda row: (order.get(row.group_code, 99), row.group_rank or 10**6, row.department.code))
    source = _Source(
        round=round,
        run=run,
        configuration=configuration,
        scores=scores,
        results={row["code"]: row for row in run.result["departments"]},
        groups=dict(DepartmentGroup.objects.values_list("code", "name")),
        sectors=dict(Sector.objects.values_list("code", "name")),
        names=dict(Department.objects.values_list("code", "full_name")),
        unsure_last=frozenset().union(*(group.unsure_last for group in certainty_of(run).values())),
    )
    heading = round.title if published else _("%(title)s (not published)") % {"title": round.title}
    sheets = [
        _ranking(source, heading),
        _strata(source, heading),
        _years(source, heading),
        explanation_sheet(run, scores, source.groups, heading),
        _returns(source, heading),
        *replacement_sheets(round, heading),
        quality_sheet(run, heading),
        _rules(source, heading),
        *sensitivity_sheets(run, heading),
        *representation_sheets(round, heading),
        _about(source, heading),
    ]
    return xlsx_bytes(sheets, properties={"title": heading, "comments": run.input_fingerprint})


def _reason_names() -> dict[str, str]:
    names = (
        _("last of its group"),
        _("fell many places"),
        _("high dissatisfaction rate"),
        _("prominent problem"),
        _("veto"),
    )
    return dict(zip(_REASONS, names, strict=True))


def _proposed(outcomes: Mapping[str, Any] | None, unsure_last: bool) -> str:
    """What is proposed for a department, in words; whether a last place that counts is statistically distinct."""
    if not outcomes:
        return ""
    words = [
        label
        for key, label in (
            ("advanced", _("Advanced")),
            ("people_satisfied", _("People-satisfied")),
            ("most_improved", _("Most improved")),
        )
        if outcomes[key]
    ]
    if outcomes["key_help"]:
        names = _reason_names()
        if unsure_last:
            names["last_in_group"] = _("last of its group, not statistically distinct")
        reasons = _("; ").join(names[reason] for reason in outcomes["key_help"])
        words.append(_("Key help (%(reasons)s)") % {"reasons": reasons})
    return _("; ").join(words)


def _ranking(source: _Source, heading: str) -> Sheet:
    def rows() -> Iterator[list[Value]]:
        for row in source.scores:
            result = source.results[row.department.code]
            interval = result["rank_interval"]
            yield [
                source.groups.get(row.group_code, row.group_code),
                row.group_rank,
                row.department.code,
                row.department.full_name,
                source.sectors.get(row.sector_code, row.sector_code),
                row.total,
                row.public,
                row.base,
                row.adjustment,
                row.assessment,
                row.bonus,
                row.deduction,
                row.satisfaction,
                row.dissatisfaction,
                row.se_satisfaction,
                row.movement,
                f"{interval[0]}–{interval[1]}" if interval else None,
                row.overall_rank,
                _("too few answers for a rank")
                if row.group_rank is None
                else _proposed(result["outcomes"], row.department.code in source.unsure_last),
            ]

    figures = dict.fromkeys((5, 6, 7, 8, 9, 10, 11, 12, 13), source.number)
    return Sheet(
        name=_("Ranking"),
        title=f"{heading} — {_('Ranking')}",
        headers=[
            _("Group"),
            _("Rank in the group"),
            _("Code"),
            _("Department"),
            _("Sector"),
            _("Total score"),
            _("Public evaluation"),
            _("Base score"),
            _("Points for change"),
            _("Assessment"),
            _("Bonus"),
            _("Deduction"),
            _("Satisfaction rate"),
            _("Dissatisfaction rate"),
            _("Standard error"),
            _("Movement"),
            _("Possible ranks"),
            _("Overall rank"),
            _("Proposed"),
        ],
        rows=rows(),
        number_formats={**figures, 14: "0.000000"},
        frozen_columns=4,
    )


def _strata(source: _Source, heading: str) -> Sheet:
    labels = {plan.code: plan.label for plan in source.configuration.strata}
    hidden = _("too few")

    def rows() -> Iterator[list[Value]]:
        for row in source.scores:
            for entry in source.run.breakdown[row.department.code]["strata"]:
                shown = not entry["hidden"]
                yield [
                    source.groups.get(row.group_code, row.group_code),
                    row.department.code,
                    row.department.full_name,
                    labels.get(entry["stratum"], entry["stratum"]),
                    Decimal(entry["weight"]),
                    Decimal(entry["effective_weight"]),
                    entry["valid"] if shown else hidden,
                    _number(entry["satisfaction"]) if shown else hidden,
                    _number(entry["dissatisfaction"]) if shown else hidden,
                    _number(entry["base"]) if shown else hidden,
                ]

    return Sheet(
        name=_("Rates by stratum"),
        title=f"{heading} — {_('Rates by stratum')}",
        headers=[
            _("Group"),
            _("Code"),
            _("Department"),
            _("Stratum"),
            _("Weight"),
            _("Weight in effect"),
            _("Valid answers"),
            _("Satisfaction rate"),
            _("Dissatisfaction rate"),
            _("Base score"),
        ],
        rows=rows(),
        number_formats={4: "0.00", **dict.fromkeys((5, 7, 8, 9), source.number)},
        frozen_columns=4,
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _years(source: _Source, heading: str) -> Sheet:
    last = baselines_of(source.round)
    nothing = Baseline(None, None)
    moved = shifts_of(source.run)
    kinds = {"own": _("own"), "merged": _("of its predecessors"), "none": _("none")}

    def rows() -> Iterator[list[Value]]:
        for row in source.scores:
            before = last.get(row.department.code, nothing)
            then = [before.satisfaction, before.dissatisfaction]
            now = [row.satisfaction, row.dissatisfaction]
            change = [None if a is None or b is None else a - b for a, b in zip(now, then, strict=True)]
            yield [
                source.groups.get(row.group_code, row.group_code),
                row.department.code,
                row.department.full_name,
                kinds.get(row.baseline, row.baseline),
                then[0],
                now[0],
                change[0],
                then[1],
                now[1],
                change[1],
                row.adjustment,
                before.group_rank,
                row.group_rank,
                row.movement,
                source.round.baselines_set_aside.get(row.department.code, ""),
                _("; ").join(moved.of(row.department.code) or []) if moved.known else _("not known"),
            ]

    return Sheet(
        name=_("Year comparison"),
        title=f"{heading} — {_('Year comparison')}",
        headers=[
            _("Group"),
            _("Code"),
            _("Department"),
            _("Compared with"),
            _("Satisfaction rate last year"),
            _("Satisfaction rate"),
            _("Change"),
            _("Dissatisfaction rate last year"),
            _("Dissatisfaction rate"),
            _("Change"),
            _("Points for change"),
            _("Rank last year"),
            _("Rank in the group"),
            _("Movement"),
            _("Why not compared"),
            _("What else changed"),
        ],
        rows=rows(),
        number_formats=dict.fromkeys((4, 5, 6, 7, 8, 9, 10), source.number),
        frozen_columns=3,
    )


def _returns(source: _Source, heading: str) -> Sheet:
    labels = {plan.code: plan.label for plan in source.configuration.strata}
    report = {row["stratum"]: row for row in (source.round.counting_report or {}).get("strata", [])}

    def rows() -> Iterator[list[Value]]:
        for row in source.run.summary["strata"]:
            counted = report.get(row["code"], {})
            yield [
                labels.get(row["code"], row["code"]),
                row["population"],
                counted.get("returned", row["returned"]),
                row["returned"] - row["excluded"],
                counted.get("unopenable", 0),
                row["excluded"],
            ]

    return Sheet(
        name=_("Returns"),
        title=f"{heading} — {_('Returns')}",
        headers=[
            _("Stratum"),
            _("In the register"),
            _("Returned"),
            _("Counted"),
            _("Could not be opened"),
            _("Left out by decision"),
        ],
        rows=rows(),
        portrait=True,
    )


def _rules(source: _Source, heading: str) -> Sheet:
    configuration = source.configuration

    def rows() -> Iterator[list[Value]]:
        for choice in configuration.scale:
            yield [_("Scale"), choice.label, choice.value, _counts(choice.counts)]
        for item in configuration.items:
            yield [_("Criterion"), item.label, item.weight, ""]
        for group in configuration.groups:
            for plan in configuration.strata:
                yield [_("Weight of a stratum"), f"{group.label} · {plan.label}", group.weight(plan.code), ""]
        for entry in configuration.weight_classes:
            yield [_("Weight class"), entry.label, entry.weight, ""]
        for name, value in _flat(configuration.to_dict(), ("year_over_year", "composite", "outcomes")):
            yield [_("Rule"), name, value, ""]
        for name in ("min_valid", "min_cell", "decimals"):
            yield [_("Rule"), name, getattr(configuration, name), ""]

    return Sheet(
        name=_("Configuration"),
        title=f"{heading} — {_('Configuration')}",
        headers=[_("Part"), _("Name"), _("Value"), _("Counts as")],
        rows=rows(),
        portrait=True,
    )


def _counts(code: str) -> str:
    return {
        "satisfied": _("satisfied"),
        "neutral": _("neutral"),
        "dissatisfied": _("dissatisfied"),
        "abstain": _("not valid"),
    }.get(code, code)


def _flat(data: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    """Nested rules as dotted names with their values; what is not set is left out."""

    def walk(name: str, value: Any) -> Iterator[tuple[str, Value]]:
        if isinstance(value, Mapping):
            for key, entry in value.items():
                yield from walk(f"{name}.{key}", entry)
        elif isinstance(value, list):
            yield name, "; ".join(str(entry) for entry in value)
        elif value not in (None, ""):
            yield name, value

    for key in keys:
        yield from walk(key, data.get(key))


def _about(source: _Source, heading: str) -> Sheet:
    round, run = source.round, source.run
    city = run.summary["city"]
    rows: list[list[Value]] = [
        [_("Round"), str(round)],
        [_("Run"), run.number],
        [_("Made"), moment(run.created_at)],
        [_("Written"), moment(timezone.now())],
        [_("City-wide satisfaction rate"), city["satisfaction"]],
        [_("City-wide dissatisfaction rate"), city["dissatisfaction"]],
        [_("Departments ranked"), city["ranked"]],
        [_("Ballots sent"), run.summary["issued"]],
        [_("Ballots returned"), run.summary["returned"]],
        [_("Ballots left out by decision"), run.summary["excluded"]],
        [_("Fingerprint of the configuration"), run.configuration_fingerprint],
        [_("Fingerprint of the input"), run.input_fingerprint],
        [_("Root of the receipts"), round.receipts_root],
        [_("Version of the program"), run.code_version],
    ]
    rows += ([label, count] for label, count in trial_rows(round))
    rows.append([_("Draws of evaluators in this round"), draw_count(round.year)])
    return Sheet(
        name=_("About"),
        title=f"{heading} — {_('About')}",
        headers=[_("Name"), _("Value")],
        rows=rows,
        widths={1: 70},
        portrait=True,
    )
