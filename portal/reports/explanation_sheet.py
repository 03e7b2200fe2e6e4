"""The sheet that derives every department's score step by step; small cells stay merged as on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation.selectors import configuration_of
from foundation.formats import signed
from foundation.tables.writing import Sheet, Value
from scoring.core.explanation import MEASURES, Explanation, Figure, MergedLine, Neighbour
from scoring.explanations import Labels, Unexplained, explainer_of
from scoring.models import DepartmentScore, ScoreRun

_ANSWERS, _WEIGHTS, _RATES, _CHANGE, _TOTAL, _RANK, _PROPOSED = range(1, 8)
#: The step of a figure by the first word of its kind; S, U and B themselves are of step 3.
_STEP = {
    **dict.fromkeys(("valid", "count", "cell"), _ANSWERS),
    **dict.fromkeys(("weight", "reporting", "effective", "part", "item"), _WEIGHTS),
    "share": _RATES,
    **dict.fromkeys(("last", "change", "error", "square", "limit", "room", "factor", "raw", "cap"), _CHANGE),
    **dict.fromkeys(("points", "adjustment"), _CHANGE),
    **dict.fromkeys(("public", "assessment", "bonus", "deduction", "total"), _TOTAL),
    **dict.fromkeys(("better", "rank", "movement"), _RANK),
}
#: Kinds whose first word would put them elsewhere.
_STEP_OF = {
    "share_public": _TOTAL,
    "share_assessment": _TOTAL,
    "part_public": _TOTAL,
    "part_assessment": _TOTAL,
    "last_rank": _RANK,
}


def explanation_sheet(
    run: ScoreRun, scores: Sequence[DepartmentScore], groups: Mapping[str, str], heading: str
) -> Sheet:
    """A row per figure of every department, in the order of ``scores``; figures are those of the run's page."""
    labels = Labels.of(configuration_of(run.round))

    def rows() -> Iterator[list[Value]]:
        try:
            explainer = explainer_of(run)
        except Unexplained:
            yield ["", "", "", "", _("This result cannot be derived again")]
            return
        names = {row.department.code: row.department.full_name for row in scores}
        for row in scores:
            head = [groups.get(row.group_code, row.group_code), row.department.code, row.department.full_name]
            for line in _lines(explainer.explain(row.department.code), labels, names):
                yield [*head, *line]

    return Sheet(
        name=_("Derivation of scores"),
        title=f"{heading} — {_('Derivation of scores')}",
        headers=[
            _("Group"),
            _("Code"),
            _("Department"),
            _("Step"),
            _("Figure"),
            _("Of what"),
            _("Amount"),
            _("Formula"),
        ],
        rows=rows(),
        widths={4: 30, 5: 32, 7: 40},
        frozen_columns=3,
    )


def _lines(explanation: Explanation, labels: Labels, names: Mapping[str, str]) -> Iterator[list[Value]]:
    """Step, figure, of what, value, formula."""
    steps = _step_names()
    merged = {criterion.item: criterion.merged for criterion in explanation.criteria if criterion.merged is not None}
    ordered = sorted(explanation.figures.values(), key=lambda figure: _step(figure))
    hidden = list(_too_few(explanation, labels))
    for figure in ordered:
        step = _step(figure)
        if step != _ANSWERS and hidden:
            yield from ([steps[_ANSWERS], *line] for line in hidden)
            hidden = []
        yield [steps[step], _word(figure), _of_what(figure, labels, merged), figure.shown, figure.formula]
    yield from ([steps[_RANK], *line] for line in _neighbours(explanation, names))
    yield from ([steps[_PROPOSED], *line] for line in _proposed(explanation))


def _step(figure: Figure) -> int:
    if figure.id in MEASURES:
        return _RATES
    return _STEP_OF.get(figure.kind) or _STEP[figure.kind.partition("_")[0]]


def _step_names() -> dict[int, str]:
    names = (
        _("1. Answers by stratum"),
        _("2. Weights of the strata"),
        _("3. Rates and base score"),
        _("4. Change against last year"),
        _("5. Total score"),
        _("6. Rank"),
        _("7. What is proposed"),
    )
    return dict(enumerate(names, start=1))


def _word(figure: Figure) -> str:
    """What a figure is; `_of_what` says of which stratum, criterion or rate."""
    rates = {
        "satisfaction": _("Satisfaction rate"),
        "dissatisfaction": _("Dissatisfaction rate"),
        "base": _("Base score"),
    }
    parts = {
        "satisfaction": _("Part in satisfaction"),
        "dissatisfaction": _("Part in dissatisfaction"),
        "base": _("Part in the base score"),
    }
    first, _space, rest = figure.kind.partition("_")
    if figure.kind in rates or (first in ("cell", "item") and rest in rates):
        return rates[rest or first]
    if first == "part" and rest in parts:
        return parts[rest]
    words = {
        "valid": _("Valid answers"),
        "count": _("Answers"),
        "weight": _("Weight"),
        "effective": _("Weight in effect, per cent"),
        "reporting_weight": _("Strata that enter the score, together"),
        "share": _("Weight of a criterion"),
        "adjustment": _("Points for change"),
        "public": _("Public evaluation"),
        "share_public": _("Share of the public evaluation, per cent"),
        "part_public": _("Points from the public evaluation"),
        "assessment": _("Assessment"),
        "share_assessment": _("Share of the assessment, per cent"),
        "part_assessment": _("Points from the assessment"),
        "bonus": _("Bonus"),
        "deduction": _("Deduction"),
        "total": _("Total score"),
        "better_group": _("Better departments in the group"),
        "rank_group": _("Rank in the group"),
        "better_overall": _("Better departments overall"),
        "rank_overall": _("Overall rank"),
        "last_rank": _("Rank last year"),
        "movement": _("Movement"),
    }
    if figure.kind in words:
        return words[figure.kind]
    return _change_words()[figure.kind.removesuffix("_satisfaction").removesuffix("_dissatisfaction")]


def _change_words() -> dict[str, str]:
    return {
        "last": _("Rate last year"),
        "change": _("Change, percentage points"),
        "error": _("Standard error this year"),
        "last_error": _("Standard error last year"),
        "square": _("Change, squared"),
        "limit": _("Limit of chance, squared"),
        "room": _("Share of what was possible"),
        "factor": _("Factor"),
        "raw": _("Points before the cap"),
        "cap": _("Cap"),
        "points": _("Points gained or lost"),
    }


def _of_what(figure: Figure, labels: Labels, merged: Mapping[str, MergedLine]) -> str:
    """Criterion, stratum and choice, or which rate."""
    parts = [labels.items.get(figure.item, figure.item)] if figure.item else []
    if figure.id.endswith("-merged"):
        codes = merged[figure.item].strata
        strata = pgettext("between names", ", ").join(labels.strata.get(code, code) for code in codes)
        parts.append(_("Strata together (too few people, shown as one): %(strata)s") % {"strata": strata})
    if figure.stratum:
        parts.append(labels.strata.get(figure.stratum, figure.stratum))
    if figure.choice:
        parts.append(labels.choices.get(figure.choice, figure.choice))
    if _step(figure) == _CHANGE and figure.kind.endswith("_satisfaction"):
        parts.append(_("Satisfaction rate"))
    if _step(figure) == _CHANGE and figure.kind.endswith("_dissatisfaction"):
        parts.append(_("Dissatisfaction rate"))
    return " · ".join(parts)


def _too_few(explanation: Explanation, labels: Labels) -> Iterator[list[Value]]:
    """A line for every stratum whose answers are too few to be shown."""
    for criterion in explanation.criteria:
        codes = [line.stratum for line in criterion.lines if line.hidden]
        codes += criterion.merged.strata if criterion.merged else ()
        for code in codes:
            of_what = f"{labels.items.get(criterion.item, criterion.item)} · {labels.strata.get(code, code)}"
            yield [_("Valid answers"), of_what, _("too few"), ""]


def _neighbours(explanation: Explanation, names: Mapping[str, str]) -> Iterator[list[Value]]:
    """Who stands next in the group, with the distance in total."""
    for place in explanation.places:
        if place.scope != "group":
            continue
        rows: list[tuple[str, Neighbour]] = [(_("Next above"), one) for one in place.above]
        rows += [(_("Same rank"), one) for one in place.tied]
        rows += [(_("Next below"), one) for one in place.below]
        for word, one in rows:
            places = max(0, -int(one.distance.as_tuple().exponent))
            text = _("distance %(distance)s") % {"distance": signed(one.distance, places)}
            yield [word, names.get(one.code, one.code), one.total, text]


def _proposed(explanation: Explanation) -> Iterator[list[Value]]:
    words = {
        "key_help": _("Key help"),
        "advanced": _("Advanced"),
        "people_satisfied": _("People-satisfied"),
        "most_improved": _("Most improved"),
    }
    for proposal in explanation.proposals:
        yield [words[proposal.outcome], "", _("proposed") if proposal.proposed else _("not proposed"), ""]
