"""One status for many people: prepare, look, do, undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.policies import permission_required
from evaluators.forms import BulkForm, RegistryFilter
from evaluators.listing import PER_PAGE
from evaluators.models import BulkChange, BulkState, EvaluatorStatus
from evaluators.services import bulk_status
from evaluators.views.shared import FORM_METHODS, actor_of, crumbs
from foundation.form_errors import try_service
from foundation.starting import start_job

_FILTERS = ("words", "stratum", "unit", "district", "status")


def _selection(request: HttpRequest) -> dict[str, Any]:
    """The filters of the address, as the list of people had them."""
    return {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}


@FORM_METHODS
@never_cache
@permission_required("registry.edit")
def bulk_list(request: HttpRequest) -> HttpResponse:
    """Prepare a bulk change, for the people of a search or by codes; those made before."""
    words = request.GET.get("words", "")
    search = RegistryFilter(request.GET).search(words)
    selection = _selection(request)
    form = BulkForm(
        request.POST if request.method == "POST" else None, request.FILES or None, by_filters=bool(selection)
    )
    if request.method == "POST" and form.is_valid():
        chosen = selection or {"codes": form.cleaned_data["codes"]}
        made = try_service(
            form,
            lambda: bulk_status.prepare(
                actor=actor_of(request),
                status=form.cleaned_data["new_status"],
                reason=form.cleaned_data["reason"],
                selection=_keyed(chosen),
            ),
        )
        if made is not None:
            return redirect("evaluators:bulk-detail", pk=made.pk)
    context = {
        "form": form,
        "search": search,
        "status_label": EvaluatorStatus(search.status).label if search.status else "",
        "by_filters": bool(selection),
        "page": Paginator(BulkChange.objects.select_related("created_by"), PER_PAGE).get_page(request.GET.get("page")),
        "crumbs": crumbs((_("Bulk changes"), "")),
    }
    return render(request, "evaluators/bulk_list.html", context)


def _keyed(selection: dict[str, Any]) -> dict[str, Any]:
    """Keys as numbers; a stratum or unit that there is not finds nobody rather than everybody."""
    found = dict(selection)
    for name in ("stratum", "unit"):
        if name in found:
            found[name] = int(found[name]) if str(found[name]).isdecimal() else 0
    return found


@FORM_METHODS
@never_cache
@permission_required("registry.edit")
def bulk_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a bulk change would do, or did; doing it, undoing it, forgetting it."""
    change = get_object_or_404(BulkChange.objects.select_related("created_by", "undone_by"), pk=pk)
    here = reverse("evaluators:bulk-detail", args=[pk])
    action = request.POST.get("action", "") if request.method == "POST" else ""
    if action == "discard":
        bulk_status.discard(actor=actor_of(request), change=change)
        messages.success(request, _("The prepared change has been discarded."))
        return redirect("evaluators:bulk-list")
    if action in ("do", "undo"):
        kind = bulk_status.BULK_STATUS if action == "do" else bulk_status.BULK_UNDO
        return start_job(
            request,
            kind,
            params={"change": pk},
            exclusive_key=f"evaluators.bulk:{pk}",
            permission="registry.edit",
            back_url=here,
        )
    is_draft = change.state == BulkState.DRAFT
    context = {
        "change": change,
        "is_draft": is_draft,
        "is_done": change.state == BulkState.DONE,
        "seen": bulk_status.look_again(actor=actor_of(request), change=change) if is_draft else None,
        "search": None if "codes" in change.selection else bulk_status.search_of(change.selection),
        "codes": len(change.selection.get("codes", ())),
        "crumbs": crumbs((_("Bulk changes"), reverse("evaluators:bulk-list")), (f"#{change.pk}", "")),
    }
    return render(request, "evaluators/bulk_detail.html", context)
