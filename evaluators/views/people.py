"""The people of the registry: list, one person, contact data, create, change, status."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import may, may_somewhere, permission_required
from evaluators import listing, past, selectors
from evaluators.forms import DayForm, EvaluatorForm, RegistryFilter, SearchForm, StatusForm
from evaluators.models import Evaluator, EvaluatorStatus, RetentionNotice, Stratum
from evaluators.search_words import seal
from evaluators.services import registry
from evaluators.services.registry import LooksKnown
from evaluators.views.rows import option_tags, people_rows
from evaluators.views.shared import FORM_METHODS, actor_of, crumbs, number
from foundation.form_errors import try_service


@FORM_METHODS
@never_cache
@permission_required("registry.view", somewhere=True)
def evaluator_list(request: HttpRequest) -> HttpResponse:
    """The registry with search and filters; contact data is not on it.

    The search comes by POST, since its words may be a number or an address, and leads to an address without them.
    """
    if request.method == "POST":
        return _search(request)
    search = RegistryFilter(request.GET).search(request.GET.get("words", ""))
    known = selectors.groups(request.user)
    page = listing.page_of(
        request.user, search, after=number(request, "after"), before=number(request, "before"), known=known
    )
    strata = [(row.pk, row) for row in Stratum.objects.all()]
    context = {
        "strata": option_tags([("", _("All strata")), *strata], search.stratum.pk if search.stratum else ""),
        "statuses": option_tags([("", _("All")), *EvaluatorStatus.choices], search.status),
        "search": search,
        "is_filtered": search != selectors.Search(),
        "page": page,
        "rows": people_rows(page.people),
        "counted": listing.FOUND,
        "districts": selectors.districts_in(known),
        "may_edit": may(request.user, "registry.edit"),
        "may_see_nominations": may(request.user, "registry.view"),
        "may_retain": may(request.user, "registry.retention"),
        "may_export": may(request.user, "registry.contact") and may(request.user, "registry.view"),
    }
    return render(request, "evaluators/evaluator_list.html", context)


def _search(request: HttpRequest) -> HttpResponse:
    """From what was typed to its address."""
    form = SearchForm(request.POST)
    search = form.search()
    words = seal(form.cleaned_data.get("q") or "")
    wanted = {
        "words": words,
        "stratum": search.stratum.pk if search.stratum else "",
        "district": search.district,
        "status": search.status,
        "unit": search.unit.pk if search.unit else "",
    }
    query = urlencode({name: value for name, value in wanted.items() if value})
    return redirect(reverse("evaluators:evaluator-list") + (f"?{query}" if query else ""))


def _get(request: HttpRequest, pk: int) -> Evaluator:
    """A person whom the user may see, contact data not loaded. Raises Http404."""
    row = selectors.visible_to(request.user).select_related("stratum", "unit", "employer").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_GET
@never_cache
@permission_required("registry.view", somewhere=True)
def evaluator_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One person; contact data is masked, and shown on request to those who may see it."""
    row = _get(request, pk)
    return _detail(request, row, StatusForm(initial={"status": row.status}))


def _detail(
    request: HttpRequest, row: Evaluator, form: StatusForm, *, with_contact: bool = False, status: int = 200
) -> HttpResponse:
    on_day = DayForm(request.GET or None)
    context: dict[str, Any] = {
        "evaluator": row,
        "merged_into": row.merged_into if row.merged_into_id else None,
        "merges": list(row.merges.filter(undone_at=None).select_related("merged")),
        "merge": row.merged_by.filter(undone_at=None).first() if row.merged_into_id else None,
        "title": row.name or _("(anonymised)"),
        "notice": RetentionNotice.objects.filter(evaluator=row).first(),
        "held": row.holds.filter(lifted_at=None).first(),
        "may_retain": may(request.user, "registry.retention"),
        "history": past.lines_of(row),
        "day_form": on_day,
        "day": on_day.day(),
        "then": past.described(row, day) if (day := on_day.day()) else None,
        "phone": row.phone if with_contact else selectors.masked(row.phone),
        "has_email": bool(row.email_hash),
        "email": row.email if with_contact else "",
        "with_contact": with_contact,
        "status_form": form,
        "may_edit": may(request.user, "registry.edit") and not row.merged_into_id and row.anonymised_at is None,
        "may_undo": may(request.user, "registry.edit"),
        "may_see_contact": may_somewhere(request.user, "registry.contact")
        and selectors.covers(request.user, "registry.contact", row),
        "look_alikes": named_reasons(selectors.look_alikes(row))
        if may(request.user, "registry.edit") and not row.merged_into_id
        else [],
        "crumbs": crumbs((row.code, "")),
    }
    return render(request, "evaluators/evaluator_detail.html", context, status=status)


def named_reasons(matches: list[tuple[Evaluator, list[str]]]) -> list[tuple[Evaluator, str]]:
    """Look-alikes with words for what is the same."""
    words = {
        "phone": _("the same mobile number"),
        "email": _("the same e-mail address"),
        "unit": _("the same name in the same unit"),
    }
    return [(other, _(", ").join(words[one] for one in same)) for other, same in matches]


@require_POST
@never_cache
@permission_required("registry.contact", somewhere=True)
def contact_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the contact data; each look is in the audit log."""
    row = _get(request, pk)
    registry.record_contact_view(actor=actor_of(request), evaluator=row)
    return _detail(request, row, StatusForm(initial={"status": row.status}), with_contact=True)


@FORM_METHODS
@never_cache
@permission_required("registry.edit")
def evaluator_create(request: HttpRequest) -> HttpResponse:
    """A new person."""
    return _form(request, None)


@FORM_METHODS
@never_cache
@permission_required("registry.edit")
def evaluator_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a person; whoever may see contact data has looked at it by opening this page."""
    row = _get(request, pk)
    if request.method != "POST" and may(request.user, "registry.contact"):
        registry.record_contact_view(actor=actor_of(request), evaluator=row)
    return _form(request, row)


def _form(request: HttpRequest, row: Evaluator | None) -> HttpResponse:
    """The form; where the person looks like another, it comes back with those and asks."""
    form = EvaluatorForm(request.POST or None, evaluator=row, with_contact=may(request.user, "registry.contact"))
    matches: list[tuple[Evaluator, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            saved = try_service(
                form,
                lambda: registry.save_evaluator(
                    actor=actor_of(request),
                    evaluator=row,
                    accept_look_alikes=request.POST.get("accept_look_alikes") == "yes",
                    **form.cleaned_data,
                ),
            )
        except LooksKnown as known:
            matches, saved = named_reasons(known.matches), None
        if saved is not None:
            messages.success(request, _("The person has been saved."))
            return redirect("evaluators:evaluator-detail", pk=saved.pk)
    address = reverse("evaluators:evaluator-detail", args=(row.pk,)) if row else ""
    context = {
        "form": form,
        "evaluator": row,
        "matches": matches,
        "districts": selectors.districts(),
        "crumbs": crumbs((row.code, address), (_("Edit"), "")) if row else crumbs((_("New person"), "")),
    }
    return render(request, "evaluators/evaluator_form.html", context)


@require_POST
@never_cache
@permission_required("registry.edit")
def status_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Change whether a person can be drawn."""
    row = _get(request, pk)
    form = StatusForm(request.POST)
    if form.is_valid():
        done = try_service(
            form, lambda: registry.set_status(actor=actor_of(request), evaluator=row, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The status has been saved."))
            return redirect("evaluators:evaluator-detail", pk=pk)
    return _detail(request, row, form, status=422)
