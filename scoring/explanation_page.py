"""The words and rows of a derivation for a page: what the core worked out, in the reader's language and circle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from departments.models import Lineage
from evaluation.definition import Band, ScoringDefinition
from evaluation.models import Round
from evaluation.selectors import configuration_of
from foundation.formats import points, signed, whole
from scoring.comparing import figure_labels
from scoring.core.explaining import Explainer
from scoring.core.explanation import (
    Change,
    Condition,
    Criterion,
    Explanation,
    Figure,
    MergedLine,
    Neighbour,
    Place,
    Proposal,
    StratumLine,
)
from scoring.explanations import Labels
from scoring.models import ScoreRun
from scoring.shifts import shifts_of

#: Kinds of figures that are written with their sign.
_SIGNED = ("change", "raw", "points", "adjustment", "movement", "room")


def figure_text(figure: Figure) -> str:
    """The number as people read it: changes and points with their sign, counts in thousands."""
    first = figure.kind.partition("_")[0]
    if first in _SIGNED:
        return signed(figure.shown, figure.places)
    if figure.kind in ("valid", "count"):
        return whole(figure.shown)
    return points(figure.shown, figure.places)


@dataclass(frozen=True)
class Circle:
    """What a reader may see beside the department itself.

    ``names``: the departments that may be named with their figures, by code; ``link``: the address of their own
    derivation; ``overall``: whether the rank among all departments is shown; ``last_year``: the address of this
    department's derivation of the year before, "" where there is none.
    """

    names: Mapping[str, str]
    link: Callable[[str], str]
    overall: bool
    last_year: str = ""


@dataclass(frozen=True)
class WeightView:
    """A stratum's weight; ``first``: nowhere above on the page."""

    name: str
    weight: Figure
    first: bool


@dataclass(frozen=True)
class LineView:
    """A stratum, or several hidden ones as one (``merged``), in the tables of a criterion."""

    weights: list[WeightView]
    line: StratumLine | None = None
    merged: MergedLine | None = None

    @property
    def name(self) -> str:
        return _joined(weight.name for weight in self.weights)


@dataclass(frozen=True)
class CriterionView:
    """A criterion with its lines; ``choices`` are the headers of the counts, empty where they are not given."""

    number: int
    name: str
    criterion: Criterion
    lines: list[LineView]
    choices: list[str]
    silent: str

    @property
    def span(self) -> int:
        """Columns that a line without answers leaves empty."""
        return len(self.choices) + 4


@dataclass(frozen=True)
class ChangeRow:
    """A step of the comparison for both rates; ``again``: the figures are derived elsewhere."""

    label: str
    satisfaction: Figure | None
    dissatisfaction: Figure | None
    formula: str = ""
    again: bool = False


@dataclass(frozen=True)
class BandView:
    """A row of the table of points."""

    start: str
    points: str
    applied: bool


@dataclass(frozen=True)
class RankRow:
    """The department or a neighbour; one that may not be named has no figures."""

    rank: int
    name: str
    url: str
    own: bool
    neighbour: Neighbour | None
    why: str


@dataclass(frozen=True)
class PlaceView:
    """A rank with the rows around it."""

    place: Place
    title: str
    rows: list[RankRow]


@dataclass(frozen=True)
class ConditionView:
    """A condition in words."""

    text: str
    met: bool
    source: str


@dataclass(frozen=True)
class ProposalView:
    """An outcome with its conditions; of ``any_of`` one is enough, otherwise all are needed."""

    name: str
    proposed: bool
    any_of: bool
    conditions: list[ConditionView]


def page_context(explainer: Explainer, code: str, run: ScoreRun, circle: Circle) -> dict[str, Any]:
    """Everything that ``scoring/_explanation.html`` shows of a department. Raises KeyError for an unknown one."""
    round = run.round
    explanation = explainer.explain(code)
    moved = shifts_of(run)
    labels = Labels.of(configuration_of(round))
    definition = explainer.definition
    shown = [place for place in explanation.places if _scope_shown(place.scope, definition, circle)]
    change = explanation.change
    return {
        "explanation": explanation,
        "decimals": definition.decimals,
        "round": round,
        "group_name": labels.groups.get(explanation.group, explanation.group),
        "min_valid": definition.min_valid,
        "criteria": criterion_views(explanation, definition, labels),
        "change": change,
        "change_rows": change_rows(change) if change else [],
        "method": method_words(change.method) if change else "",
        "bands": _bands(change, definition) if change else [],
        "why_not": _why_not(round, code) if change and change.source == "none" else "",
        "set_aside": round.baselines_set_aside.get(code, ""),
        "predecessors": _predecessors(code, round.year) if change and change.source == "merged" else "",
        "last_year": circle.last_year,
        "shifts": moved.of(code),
        "shifts_known": moved.known,
        "places": [_place(place, explanation, circle) for place in shown],
        "movement": explanation.movement,
        "proposals": [_proposal(proposal) for proposal in explanation.proposals],
    }


def _scope_shown(scope: str, definition: ScoringDefinition, circle: Circle) -> bool:
    return scope == "group" or circle.overall or definition.rank_scope == "overall"


def criterion_views(explanation: Explanation, definition: ScoringDefinition, labels: Labels) -> list[CriterionView]:
    """The criteria with their strata, the merged ones last."""
    choices = [labels.choices.get(choice.code, choice.code) for choice in definition.scale if choice.is_valid]

    def name(stratum: str) -> str:
        return labels.strata.get(stratum, stratum)

    placed: set[str] = set()

    def weight(stratum: str, figure: Figure) -> WeightView:
        first = figure.id not in placed
        placed.add(figure.id)
        return WeightView(name(stratum), figure, first)

    views = []
    for number, criterion in enumerate(explanation.criteria, start=1):
        lines = [LineView([weight(line.stratum, line.weight)], line) for line in criterion.lines]
        merged = criterion.merged
        if merged is not None:
            pairs = zip(merged.strata, merged.weights, strict=True)
            lines.append(LineView([weight(*pair) for pair in pairs], merged=merged))
        views.append(
            CriterionView(
                number,
                labels.items.get(criterion.item, criterion.item),
                criterion,
                lines,
                [] if explanation.weighted else choices,
                _joined(name(line.stratum) for line in criterion.lines if not line.reports),
            )
        )
    return views


def method_words(method: str) -> str:
    """What the round's way of comparing with last year means."""
    return {
        "none": _("This round gives no points for the change."),
        "linear": _("Points are the change in percentage points times a factor, limited by a cap where there is one."),
        "banded": _("A table fixed before the draw says how many points a change is worth."),
        "headroom": _(
            "Points are the share of what was still possible that was gained or lost, times a factor, limited by a cap "
            "where there is one."
        ),
    }[method]


def change_rows(change: Change) -> list[ChangeRow]:
    """The comparison step by step; steps that the round's method does not have are left out."""
    if not change.terms:
        return []
    s, u = change.terms
    rows = [
        ChangeRow(_("Rate this year"), s.now, u.now, again=True),
        ChangeRow(_("Rate last year"), s.last, u.last),
        ChangeRow(_("Change, percentage points"), s.change, u.change, "dS = S − S′"),
        ChangeRow(_("Standard error this year"), s.error, u.error, "se"),
        ChangeRow(_("Standard error last year"), s.last_error, u.last_error, "se′"),
        ChangeRow(_("Change, squared"), s.square, u.square, "dS²"),
        ChangeRow(_("Limit of chance, squared"), s.limit, u.limit, "1.96² · (se² + se′²)"),
        ChangeRow(_("Share of what was possible"), s.room, u.room, "share(dS)"),
        ChangeRow(_("Factor"), s.factor, u.factor, "k"),
        ChangeRow(_("Points before the cap"), s.raw, u.raw, "x = k · share(dS)" if s.room else "x = k · dS"),
        ChangeRow(_("Cap"), s.cap, u.cap, "c"),
        ChangeRow(_("Points gained or lost"), s.points, u.points, "A_s, A_u"),
    ]
    return [row for row in rows if row.satisfaction is not None or row.dissatisfaction is not None]


def _bands(change: Change, definition: ScoringDefinition) -> list[tuple[str, list[BandView]]]:
    """The tables of the banded method with the row that applied."""
    if change.method != "banded":
        return []
    rule = definition.year_over_year
    applied = [term.band for term in change.terms] or [None, None]
    tables = (
        (_("Change of the satisfaction rate"), rule.bands_satisfied, applied[0]),
        (_("Change of the dissatisfaction rate"), rule.bands_dissatisfied, applied[1]),
    )

    def rows(bands: tuple[Band, ...], chosen: int | None) -> Iterator[BandView]:
        for at, band in enumerate(bands):
            yield BandView(_plain(band.start), _plain(band.points), at == chosen)

    return [(title, list(rows(bands, chosen))) for title, bands, chosen in tables if bands]


def _plain(value: Any) -> str:
    places = 0 if value is None else max(0, -int(value.normalize().as_tuple().exponent))
    return points(value, places)


def _why_not(round: Round, code: str) -> str:
    """Why there is nothing to compare with."""
    if code in round.baselines_set_aside:
        return _("It was decided before the draw not to compare this department with last year.")
    if any(row["code"] == code for row in round.baselines or []):
        return _("Scale or criteria have changed since last year, so the rates cannot be compared.")
    return _("There are no rates of last year for this department.")


def _predecessors(code: str, year: int) -> str:
    rows = Lineage.objects.filter(successor__code=code, year=year).select_related("predecessor")
    return _joined(str(row.predecessor) for row in rows)


def _joined(names: Iterable[str]) -> str:
    return pgettext("between names", ", ").join(names)


def _place(place: Place, explanation: Explanation, circle: Circle) -> PlaceView:
    near: dict[str, Neighbour] = {}
    for one in (*place.above, *place.tied, *place.level, *place.below):
        near.setdefault(one.code, one)
    rows = [_rank_row(one, circle) for one in near.values()]
    rows.append(
        RankRow(int(place.rank.exact), circle.names.get(explanation.code, explanation.code), "", True, None, "")
    )
    rows.sort(key=lambda row: (row.rank, not row.own, row.name))
    title = _("In the group") if place.scope == "group" else _("Among all departments")
    return PlaceView(place, title, rows)


def _rank_row(one: Neighbour, circle: Circle) -> RankRow:
    named = one.code in circle.names
    words = {
        "total": _("the total decides"),
        "satisfaction": _("same total; the satisfaction rate decides"),
        "dissatisfaction": _("same total; the dissatisfaction rate decides"),
        "": _("the same in everything: the rank is shared"),
    }
    return RankRow(
        one.rank,
        circle.names[one.code] if named else _("another department"),
        circle.link(one.code) if named else "",
        False,
        one if named else None,
        words[one.decided_by],
    )


def _proposal(proposal: Proposal) -> ProposalView:
    any_of = proposal.outcome == "key_help"
    return ProposalView(
        figure_labels()[proposal.outcome],
        proposal.proposed,
        any_of,
        [_condition(condition) for condition in proposal.conditions],
    )


def _condition(condition: Condition) -> ConditionView:
    """The condition with the department's own figure and the threshold."""
    templates = {
        "last_in_group": _("%(actual)s departments of the group rank below (a reason if fewer than %(limit)s)"),
        "places_dropped": _("Places lost: %(actual)s (a reason from %(limit)s on)"),
        "dissatisfaction": _("Dissatisfaction rate %(actual)s%% (a reason from %(limit)s%% on)"),
        "problem": _("A prominent problem is on record"),
        "veto": _("A veto is on record"),
        "top_percent": _("Rank in the group %(actual)s (needed: %(limit)s or better)"),
        "max_dissatisfaction": _("Dissatisfaction rate %(actual)s%% (needed: at most %(limit)s%%)"),
        "min_satisfaction": _("Satisfaction rate %(actual)s%% (needed: at least %(limit)s%%)"),
        "top_in_group": _(
            "%(actual)s departments of the group have a higher satisfaction rate (needed: fewer than %(limit)s)"
        ),
        "places_gained": _("Movement %(actual)s (needed: up at least %(limit)s places)"),
        "no_veto": _("No veto is on record"),
    }

    def text(value: Any) -> str:
        return points(value, max(0, -int(value.as_tuple().exponent))) if value is not None else _("unknown")

    words = templates[condition.code]
    if condition.threshold is not None:
        words %= {"actual": text(condition.actual), "limit": _plain(condition.threshold)}
    return ConditionView(words, condition.met, condition.source)
