"""What must be in place before a round moves on: each guard lists what is missing and where to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from departments.models import DepartmentYear
from evaluation.definition import RoundConfiguration
from evaluation.models import Round
from evaluation.refusals import Missing
from evaluation.sections import page_of
from evaluation.selectors import configuration_of, register_sizes, standing_snapshot, without_code
from evaluation.states import VERBS
from evaluation.wording import label_of, translated
from evaluators.models import Evaluator, EvaluatorStatus, Stratum

Guard = Callable[[Round], Iterator[Missing]]

_before: dict[str, list[Guard]] = {}
_done: dict[str, list[Guard]] = {}


def guard(verb: str) -> Callable[[Guard], Guard]:
    """Declare a condition of a verb: shown on the round's page, and checked when the verb is used."""

    def register(function: Guard) -> Guard:
        _before.setdefault(verb, []).append(function)
        return function

    return register


def result(verb: str) -> Callable[[Guard], Guard]:
    """Declare what a verb's service must have done before it moves the round; nobody moves it without."""

    def register(function: Guard) -> Guard:
        _done.setdefault(verb, []).append(function)
        return function

    return register


def missing(round: Round, verb: str) -> list[Missing]:
    """What still stands in the way of a verb, apart from the round's state. Empty = nothing."""
    return [problem for check in _before.get(verb, []) for problem in check(round)]


def undone(round: Round, verb: str) -> list[Missing]:
    """What the verb's own service has not done yet."""
    return [problem for check in _done.get(verb, []) for problem in check(round)]


def can(round: Round, verb: str) -> bool:
    """True if the verb leads on from where the round is and nothing stands in its way."""
    return round.state == VERBS[verb].source and not missing(round, verb)


# Freezing


@guard("freeze")
def configuration_complete(round: Round) -> Iterator[Missing]:
    """The configuration has no problems of its own."""
    for problem in configuration_of(round).problems():
        page = page_of(problem)
        yield Missing(
            code=problem.code,
            message=translated(problem),
            url_name="evaluation:section-edit",
            url_args=(round.year, page.key),
            url_label=page.title,
        )


@guard("freeze")
def departments_complete(round: Round) -> Iterator[Missing]:
    """Every group has departments, every department a group that is weighed, no name twice."""
    configuration = configuration_of(round)
    rows = list(
        DepartmentYear.objects.filter(year=round.year).values_list(
            "department__code", "department__full_name", "group__code", "group__name"
        )
    )
    here = {"url_name": "evaluation:round-departments", "url_args": (round.year,), "url_label": _("Departments")}
    if not rows:
        message = _("No department takes part in %(year)s.") % {"year": round.year}
        remedy = _("Import the departments with their groups, or copy them from an earlier year.")
        yield Missing("no_departments", message, remedy, **here)  # type: ignore[arg-type]
        return
    sizes = Counter(row[2] for row in rows)
    for group in configuration.groups:
        if not sizes[group.code]:
            message = _("Group %(group)s has no department.") % {"group": label_of(group)}
            remedy = _("Put departments into it, or take the group out of the weights.")
            yield Missing("group_empty", message, remedy, **here)  # type: ignore[arg-type]
    weighed = {group.code for group in configuration.groups}
    for code, name in sorted({(row[2], row[3]) for row in rows if row[2] not in weighed}):
        message = _("Group %(group)s has %(count)s departments but no weights.") % {"group": name, "count": sizes[code]}
        yield Missing("group_unweighed", message, "", "evaluation:section-edit", (round.year, "weights"), _("Weights"))
    for name, count in sorted(Counter(row[1] for row in rows).items()):
        if count > 1:
            message = _("%(count)s departments are called %(name)s.") % {"count": count, "name": name}
            yield Missing("department_twice", message, **here)  # type: ignore[arg-type]


@guard("freeze")
@guard("open")
def dates_in_order(round: Round) -> Iterator[Missing]:
    """Both dates are there, in order, and the end is still to come."""
    where = ("evaluation:section-edit", (round.year, "basics"), _("Dates"))
    if round.opens_at is None or round.closes_at is None:
        yield Missing("dates_missing", _("Say when the round opens and closes."), "", *where)
    elif round.opens_at >= round.closes_at:
        yield Missing("dates_order", _("The round must open before it closes."), "", *where)
    elif round.closes_at <= timezone.now() and not round.is_demo:  # the demo city has years of the past
        yield Missing("closes_past", _("The closing time has passed already."), "", *where)


@guard("freeze")
def strata_usable(round: Round) -> Iterator[Missing]:
    """Every stratum of the plan exists, judges somebody, and has candidates."""
    configuration = configuration_of(round)
    existing = set(Stratum.objects.values_list("code", flat=True))
    sizes = register_sizes(configuration)
    strata = ("evaluation:section-edit", (round.year, "strata"), _("Strata and quotas"))
    for plan in configuration.strata:
        label = {"stratum": label_of(plan)}
        if plan.code not in existing:
            message = _("The register has no stratum %(stratum)s.") % label
            yield Missing("stratum_gone", message, _("Take it out of the round."), *strata)
            continue
        if configuration.groups and not any(group.weight(plan.code) > 0 for group in configuration.groups):
            message = _("Stratum %(stratum)s judges no group.") % label
            remedy = _("Give it a weight in at least one group, or take it out of the round.")
            weights = ("evaluation:section-edit", (round.year, "weights"), _("Weights"))
            yield Missing("stratum_judges_nobody", message, remedy, *weights)
        if not sizes.get(plan.code):
            message = _("Nobody in the register can be drawn from stratum %(stratum)s.") % label
            remedy = _("Import its people or units, or take it out of the round.")
            yield Missing("stratum_empty", message, remedy, "evaluators:evaluator-list", (), _("Register"))


@guard("freeze")
def weight_classes_known(round: Round) -> Iterator[Missing]:
    """Every weight class that the register uses is weighed in the configuration."""
    configuration = configuration_of(round)
    known = {entry.code for entry in configuration.weight_classes}
    rows = (
        Evaluator.objects.filter(
            status=EvaluatorStatus.ACTIVE, stratum__code__in=[s.code for s in configuration.strata]
        )
        .exclude(weight_class__in=[*known, ""])
        .values_list("weight_class")
        .annotate(people=Count("pk"))
        .order_by("weight_class")
    )
    for code, people in rows:
        message = ngettext(
            "The register has %(count)s person of weight class “%(name)s”, which the round does not know.",
            "The register has %(count)s people of weight class “%(name)s”, which the round does not know.",
            people,
        ) % {"count": people, "name": code}
        remedy = _("Add the class to the round, or correct the register.")
        yield Missing(
            "class_unknown", message, remedy, "evaluation:section-edit", (round.year, "classes"), _("Weight classes")
        )


@result("freeze")
def register_frozen(round: Round) -> Iterator[Missing]:
    """A snapshot stands, and the round carries what it froze."""
    if standing_snapshot(round.year) is None or round.frozen_at is None or not round.ballot_definition:
        yield Missing("not_frozen", _("The register has not been frozen."))


def warnings(round: Round) -> list[str]:
    """What is allowed but deserves a second look before freezing, in the reader's language."""
    configuration = configuration_of(round)
    texts = [translated(problem) for problem in configuration.warnings()]
    sizes = register_sizes(configuration)
    for plan in configuration.strata:
        if plan.mode == "random" and plan.quota > sizes.get(plan.code, 0) > 0:
            texts.append(
                _("Stratum %(stratum)s: the quota is %(quota)s, the register has %(size)s; all of them are taken.")
                % {"stratum": label_of(plan), "quota": plan.quota, "size": sizes[plan.code]}
            )
    return texts + [*_small_classes(configuration, sizes)]


def _small_classes(configuration: RoundConfiguration, sizes: dict[str, int]) -> Iterator[str]:
    """Weight classes of which fewer than ``min_cell`` are to be expected among the drawn of a stratum."""
    if not configuration.merge_small_classes:
        return
    held = (
        Evaluator.objects.filter(status=EvaluatorStatus.ACTIVE)
        .exclude(weight_class__in=["", *(entry.code for entry in configuration.weight_classes if entry.default)])
        .values_list("stratum__code", "weight_class")
        .annotate(people=Count("pk"))
        .order_by("stratum__code", "weight_class")
    )
    plans = {plan.code: plan for plan in configuration.strata if plan.drawn_by == "person"}
    for stratum, code, people in held:
        plan = plans.get(stratum)
        if plan is None or not sizes.get(stratum):
            continue
        taken = sizes[stratum] if plan.mode == "all" else min(plan.quota, sizes[stratum])
        if people * taken < configuration.min_cell * sizes[stratum]:
            yield _(
                "Stratum %(stratum)s: of weight class “%(name)s” fewer than %(least)s are to be expected; as few would "
                "count with the default weight."
            ) % {"stratum": label_of(plan), "name": code, "least": configuration.min_cell}


# Drawing and voiding


@guard("draw")
def snapshot_stands(round: Round) -> Iterator[Missing]:
    """There is a frozen register to draw from."""
    if standing_snapshot(round.year) is None:
        message = _("There is no frozen register to draw from.")
        yield Missing(
            "no_snapshot",
            message,
            _("Go back to draft and freeze again."),
            "evaluation:round-back",
            (round.year, "unfreeze"),
        )


@result("draw")
def places_drawn(round: Round) -> Iterator[Missing]:
    """The draw is on record."""
    snapshot = standing_snapshot(round.year)
    if snapshot is None or not hasattr(snapshot, "draw"):
        yield Missing("not_drawn", _("Nobody has been drawn yet."))


@result("unfreeze")
@result("void_draw")
def snapshot_voided(round: Round) -> Iterator[Missing]:
    """Going back leaves no snapshot in force."""
    if standing_snapshot(round.year) is not None or round.frozen_at is not None:
        yield Missing("still_frozen", _("The frozen register is still in force."))


@guard("void_draw")
def no_code_issued(round: Round) -> Iterator[Missing]:
    """Once somebody holds a code the draw is final."""
    count = round.invitations.exclude(issued_on=None, code_hash=None).count()
    if count:
        message = ngettext(
            "%(count)s ballot code has been issued already; the draw is final.",
            "%(count)s ballot codes have been issued already; the draw is final.",
            count,
        ) % {"count": count}
        yield Missing("codes_issued", message)


# Opening


@guard("open")
def everybody_has_a_code(round: Round) -> Iterator[Missing]:
    """There are invitations, and a code has been produced for each."""
    if not round.invitations.exists():
        yield Missing("no_invitations", _("Nobody has been drawn yet."))
        return
    count = without_code(round)
    if count:
        message = ngettext(
            "%(count)s drawn evaluator has no ballot code yet.",
            "%(count)s drawn evaluators have no ballot code yet.",
            count,
        ) % {"count": count}
        remedy = _("Produce the codes: as letters, messages or packets.")
        yield Missing("codes_missing", message, remedy, "evaluation:code-list", (round.year,), _("Produce codes"))


@result("open")
def key_pair_made(round: Round) -> Iterator[Missing]:
    """Ballots can be sealed."""
    if not round.public_key:
        yield Missing("no_key", _("The round has no key pair to seal ballots with."))
