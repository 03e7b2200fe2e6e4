"""Pages of rounds: the list, a new one, one round's page, its steps back and forth."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import may, permission_required, require
from evaluation import selectors, services
from evaluation.forms.rounds import NewRoundForm, OpenForm, ReasonForm, RescheduleForm
from evaluation.models import Round
from evaluation.overview import section_overview
from evaluation.services import guards
from evaluation.states import VERBS, RoundState, Verb
from evaluation.steps import page_of_verb, steps_of, vote_pages, way_back_page
from evaluation.views.shared import address, confirm, crumbs, get_round, posted

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@permission_required("round.view")
def round_list(request: HttpRequest) -> HttpResponse:
    """All rounds, newest first."""
    rounds = Round.objects.annotate(
        invited=Count("invitations", filter=Q(invitations__replaced_on=None)),
        returned=Count("invitations", filter=Q(invitations__returned_on__isnull=False)),
    ).order_by("-year")  # counting drops the model's own order
    context = {"rounds": list(rounds), "may_create": may(request.user, "round.configure")}
    return render(request, "evaluation/round_list.html", context)


@FORM_METHODS
@permission_required("round.configure")
def round_create(request: HttpRequest) -> HttpResponse:
    """A new round, fresh or from an earlier year's."""
    form = NewRoundForm(posted(request))
    if request.method == "POST" and form.is_valid():
        made = services.create_round(actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, _("The round of %(year)s has been started as a draft.") % {"year": made.year})
        return redirect("evaluation:round-detail", year=made.year)
    return render(request, "evaluation/round_create.html", {"form": form})


@require_GET
@permission_required("round.view")
def round_detail(request: HttpRequest, year: int) -> HttpResponse:
    """Where a round stands, what is missing, what comes next, and how it came here."""
    evaluation = get_round(year)
    ahead = services.next_verb(evaluation)
    problems = guards.missing(evaluation, ahead.name) if ahead else []
    user = request.user
    context = {
        "round": evaluation,
        "steps": steps_of(evaluation),
        "next": ahead,
        "next_url": page_of_verb(evaluation, ahead) if ahead and may(user, ahead.permission) else "",
        "problems": problems,
        "ways_back": [
            (verb, way_back_page(evaluation, verb))
            for verb in services.ways_back(evaluation)
            if may(user, verb.permission)
        ],
        "sections": section_overview(evaluation),
        "vote_pages": vote_pages(evaluation, user),
        "figures": selectors.figures_of(evaluation),
        "snapshot": selectors.standing_snapshot(year),
        "draws": selectors.draw_count(year),
        "moves": [(move, VERBS.get(move.verb)) for move in evaluation.moves.select_related("by").order_by("-pk")],
        "may_reschedule": may(user, "round.run")
        and evaluation.is_frozen
        and evaluation.state in services.configuring.RESCHEDULABLE,
    }
    return render(request, "evaluation/round_detail.html", context)


@require_GET
@permission_required("round.view")
def round_departments(request: HttpRequest, year: int) -> HttpResponse:
    """The departments of a round's year by group, and where to change them."""
    evaluation = get_round(year)
    context = {
        "round": evaluation,
        "crumbs": crumbs(evaluation, _("Departments")),
        "departments_url": address("departments:department-list") if may(request.user, "departments.view") else "",
        "groups": selectors.departments_by_group(evaluation),
        "problems": [
            problem for problem in guards.departments_complete(evaluation) if evaluation.state == RoundState.DRAFT
        ],
    }
    return render(request, "evaluation/round_departments.html", context)


@FORM_METHODS
@permission_required("round.run")
def round_open(request: HttpRequest, year: int) -> HttpResponse:
    """Open a drawn round."""
    evaluation = get_round(year)
    form = OpenForm(posted(request))
    if request.method == "POST" and form.is_valid():
        at = timezone.now() if form.cleaned_data["at_once"] else None
        services.open_round(actor=request.user, round=evaluation, at=at)  # type: ignore[arg-type]
        messages.success(request, _("The round of %(year)s is open.") % {"year": year})
        return redirect("evaluation:round-detail", year=year)
    count = evaluation.invitations.filter(replaced_on=None).count()
    return confirm(
        request,
        title=_("Open the round of %(year)s") % {"year": year},
        crumbs=crumbs(evaluation, _("Open the round")),
        problems=_in_the_way(evaluation, VERBS["open"]),
        consequences=[
            _("%(count)s people and units can fill in their ballots, from the opening time to the closing time.")
            % {"count": count},
            _("Ballots are sealed on arrival: nobody can read an answer or a running result until the box is opened."),
            _("The draw can no longer be voided."),
        ],
        irreversible=True,
        form=form,
        confirm_label=_("Open the round"),
        danger=False,
        cancel_url=reverse("evaluation:round-detail", args=(year,)),
    )


@FORM_METHODS
@permission_required("round.run")
def round_reschedule(request: HttpRequest, year: int) -> HttpResponse:
    """Move the dates of a frozen round, with a reason."""
    evaluation = get_round(year)
    initial = {"opens_at": evaluation.opens_at, "closes_at": evaluation.closes_at}
    form = RescheduleForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        if evaluation.state == RoundState.OPEN:
            typed["opens_at"] = evaluation.opens_at  # the form drops the seconds
        try:
            services.reschedule(actor=request.user, round=evaluation, **typed)  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The dates have been moved."))
            return redirect("evaluation:round-detail", year=year)
    if evaluation.state == RoundState.OPEN:
        form.fields["opens_at"].disabled = True
    context = {"round": evaluation, "form": form, "crumbs": crumbs(evaluation, _("Move the dates"))}
    return render(request, "evaluation/round_reschedule.html", context)


# What a step back means, for the confirmation page: verb → service and its consequences.
_BACK: dict[str, Any] = {"unfreeze": services.unfreeze, "void_draw": services.void_draw}


def _consequences(verb: str) -> list[str]:
    if verb == "unfreeze":
        return [
            _("The frozen register and its published fingerprints are void; they stay on record with your reason."),
            _("Configuration and departments can be changed again."),
            _("Before the draw everything must be frozen and published anew."),
        ]
    if verb == "void_draw":
        return [
            _("The draw is void. It stays on record, visibly, with your reason and the number of draws of this round."),
            _("All invitations made from it are deleted; no code has been issued yet."),
            _("A new draw needs a newly frozen register and a new public seed."),
        ]
    return [_("The round is put away; its results stay readable.")]


@FORM_METHODS
@permission_required("round.view")
def round_back(request: HttpRequest, year: int, verb: str) -> HttpResponse:
    """One of the honest ways back: a reason, and what will happen."""
    rule = VERBS.get(verb)
    if rule is None or verb not in _BACK:
        raise Http404
    require(request.user, rule.permission)
    evaluation = get_round(year)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        _BACK[verb](actor=request.user, round=evaluation, reason=form.cleaned_data["reason"])
        messages.success(request, _("The round of %(year)s is a draft again.") % {"year": year})
        return redirect("evaluation:round-detail", year=year)
    return confirm(
        request,
        title=rule.label,
        crumbs=crumbs(evaluation, str(rule.label)),
        problems=_in_the_way(evaluation, rule),
        consequences=_consequences(verb),
        form=form,
        confirm_label=rule.label,
        cancel_url=reverse("evaluation:round-detail", args=(year,)),
    )


@FORM_METHODS
@permission_required("round.publish")
def round_archive(request: HttpRequest, year: int) -> HttpResponse:
    """Put a published round away."""
    evaluation = get_round(year)
    if request.method == "POST":
        services.move(round=evaluation, verb="archive", actor=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The round of %(year)s has been archived.") % {"year": year})
        return redirect("evaluation:round-detail", year=year)
    return confirm(
        request,
        title=_("Archive the round of %(year)s") % {"year": year},
        crumbs=crumbs(evaluation, _("Archive")),
        problems=_in_the_way(evaluation, VERBS["archive"]),
        consequences=_consequences("archive"),
        irreversible=True,
        confirm_label=_("Archive the round"),
        danger=False,
        cancel_url=reverse("evaluation:round-detail", args=(year,)),
    )


def _in_the_way(evaluation: Round, rule: Verb) -> list[Any]:
    """The guards of a step, the round's state among them."""
    wrong = services.moves.wrong_state(evaluation, rule)
    return [wrong] if wrong else guards.missing(evaluation, rule.name)
