"""People who stand in the register twice: going through the suggestions, merging, undoing."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import may, permission_required
from evaluators import selectors
from evaluators.duplicates import REASONS
from evaluators.forms import PairFilter
from evaluators.listing import PER_PAGE
from evaluators.models import DuplicatePair, Evaluator, Merge, PairState
from evaluators.services import merging, registry
from evaluators.views.shared import FORM_METHODS, actor_of, crumbs
from foundation.models import Job
from foundation.starting import start_job

_LIST = "evaluators:duplicate-list"


def _words(pair: DuplicatePair) -> str:
    return _(", ").join(str(REASONS[reason]) for reason in pair.reasons if reason in REASONS)


def _way(*way: tuple[str, str]) -> list[tuple[str, str]]:
    return crumbs((_("Possible duplicates"), reverse(_LIST) if way else ""), *way)


@require_GET
@never_cache
@permission_required("registry.edit")
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """The suggestions, the likeliest first, and what was merged lately."""
    form = PairFilter(request.GET or None)
    wanted = form.state()
    rows = DuplicatePair.objects.select_related("first__unit", "second__unit", "first__stratum", "second__stratum")
    rows = rows.defer("first__phone", "first__email", "second__phone", "second__email").filter(state=wanted)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "pairs": [(pair, _words(pair)) for pair in page],
        "count": page.paginator.count,
        "is_filtered": wanted != PairState.OPEN,
        "searched": Job.objects.filter(kind=merging.FIND_DUPLICATES).order_by("-created_at").first(),
        "merges": Merge.objects.select_related("survivor", "merged", "by").filter(undone_at=None)[:10],
        "crumbs": _way(),
    }
    return render(request, "evaluators/duplicate_list.html", context)


@require_POST
@permission_required("registry.edit")
def duplicate_start(request: HttpRequest) -> HttpResponse:
    """Search the whole register in the background."""
    return start_job(
        request,
        merging.FIND_DUPLICATES,
        params={},
        exclusive_key=merging.FIND_DUPLICATES,
        permission="registry.edit",
        back_url=reverse(_LIST),
    )


class Line(NamedTuple):
    """A field of two entries side by side; ``choose`` is empty where there is nothing to choose."""

    name: str
    label: str
    first: str
    second: str
    differs: bool
    choose: bool
    chosen: str


def _lines(pair: DuplicatePair, survivor: Evaluator, *, with_contact: bool, may_contact: bool) -> list[Line]:
    one, other = pair.first, pair.second
    lines = []
    for name in merging.FIELDS:
        values = [_shown(row, name, with_contact) for row in (one, other)]
        hashed = name in merging.CONTACT
        keys = [bytes(getattr(row, f"{name}_hash")) if hashed else values[at] for at, row in enumerate((one, other))]
        differs = keys[0] != keys[1]
        kept = 0 if survivor.pk == one.pk else 1
        chosen = kept if keys[kept] or not keys[1 - kept] else 1 - kept
        choose = differs and (may_contact or not hashed)
        lines.append(
            Line(name, merging.field_label(name), values[0], values[1], differs, choose, ("first", "second")[chosen])
        )
    return lines


def _shown(row: Evaluator, name: str, with_contact: bool) -> str:
    if name == "phone" and not with_contact:
        return selectors.masked(row.phone)
    if name == "email" and not with_contact:
        return _("on record") if row.email_hash else ""
    if name == "status":
        return str(row.get_status_display())
    value = getattr(row, name)
    return str(value) if value else ""


@FORM_METHODS
@never_cache
@permission_required("registry.edit")
def duplicate_pair(request: HttpRequest, pk: int) -> HttpResponse:
    """Two entries side by side: merge them, say that they are two people, or leave them for later."""
    rows = DuplicatePair.objects.select_related(
        "first__unit", "second__unit", "first__stratum", "second__stratum", "first__employer", "second__employer"
    )
    pair = get_object_or_404(rows, pk=pk)
    action = request.POST.get("action", "") if request.method == "POST" else ""
    if action == "merge":
        return _merged(request, pair)
    if action in (PairState.DIFFERENT, PairState.LATER):
        merging.decide(actor=actor_of(request), pair=pair, state=action)
        messages.success(request, _("Noted."))
        return _next(pair)
    may_contact = may(request.user, "registry.contact")
    with_contact = action == "contact" and may_contact
    if with_contact:
        for row in (pair.first, pair.second):
            registry.record_contact_view(actor=actor_of(request), evaluator=row)
    survivor = min(pair.first, pair.second, key=lambda row: (row.status != "active", row.created_at, row.pk))
    context: dict[str, Any] = {
        "pair": pair,
        "reasons": _words(pair),
        "lines": _lines(pair, survivor, with_contact=with_contact, may_contact=may_contact),
        "survivor": survivor,
        "problems": [] if pair.state == PairState.MERGED else merging.problems(pair.first, pair.second),
        "merge": Merge.objects.filter(
            survivor__in=[pair.first, pair.second], merged__in=[pair.first, pair.second], undone_at=None
        ).first(),
        "may_show": may_contact and not with_contact,
        "crumbs": _way((f"{pair.first.code} / {pair.second.code}", "")),
    }
    return render(request, "evaluators/duplicate_pair.html", context)


def _merged(request: HttpRequest, pair: DuplicatePair) -> HttpResponse:
    """Merge as the form says."""
    keep = "second" if request.POST.get("survivor") == "second" else "first"
    survivor, other = (pair.first, pair.second) if keep == "first" else (pair.second, pair.first)
    take = [name for name in merging.FIELDS if request.POST.get(f"field-{name}", keep) != keep]
    merging.merge(actor=actor_of(request), survivor=survivor, other=other, take=take)
    messages.success(
        request, _("%(code)s has been merged into %(survivor)s.") % {"code": other.code, "survivor": survivor.code}
    )
    return _next(pair)


def _next(pair: DuplicatePair) -> HttpResponse:
    """To the next suggestion, or back to the list when there is none."""
    waiting = DuplicatePair.objects.filter(state=PairState.OPEN).exclude(pk=pair.pk)
    following = waiting.filter(likelihood__lte=pair.likelihood).first() or waiting.first()
    return redirect("evaluators:duplicate-pair", pk=following.pk) if following else redirect(_LIST)


@FORM_METHODS
@never_cache
@permission_required("registry.edit")
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, and take a merging back."""
    record = get_object_or_404(Merge.objects.select_related("survivor", "merged"), pk=pk)
    if request.method == "POST":
        merging.undo(actor=actor_of(request), record=record)
        messages.success(request, _("The merging has been undone."))
        return redirect("evaluators:evaluator-detail", pk=record.merged_id)
    labels = [merging.field_label(name) for name in record.taken]
    codes = {"code": record.merged.code, "survivor": record.survivor.code}
    consequences = [_("%(code)s stands in the register again as it was before the merging.") % codes]
    if labels:
        consequences.append(
            _("%(survivor)s gets back what it had before: %(fields)s.") % {**codes, "fields": _(", ").join(labels)}
        )
    consequences.append(_("Other changes made to %(survivor)s since then stay.") % codes)
    context = {
        "title": _("Undo the merging of %(code)s into %(survivor)s") % codes,
        "consequences": consequences,
        "confirm_label": _("Undo the merging"),
        "cancel_url": reverse("evaluators:evaluator-detail", args=[record.survivor_id]),
        "problems": [{"message": one} for one in merging.undo_problems(record)],
        "crumbs": _way((_("Undo"), "")),
    }
    return render(request, "components/confirm.html", context)
