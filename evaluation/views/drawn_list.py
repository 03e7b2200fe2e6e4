"""The list of the drawn: confidential, each look and each file written down."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.policies import may, permission_required
from evaluation import drawn, selectors
from evaluation.forms.drawn import DrawnFilter, DrawnSearchForm, TakeListForm
from evaluation.models import Round
from evaluation.services import drawn_list as service
from evaluation.views.shared import crumbs, get_round, posted
from evaluators.models import Draw
from evaluators.search_words import seal
from foundation.starting import start_job

FORM_METHODS = require_http_methods(["GET", "POST"])
_PER_PAGE = 50


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def drawn_list(request: HttpRequest, year: int) -> HttpResponse:
    """Who was drawn, by stratum; the search comes by POST and leads to an address without its words."""
    evaluation = get_round(year)
    record = selectors.standing_draw(year)
    if record is None:
        return render(request, "evaluation/drawn_none.html", {"round": evaluation, "crumbs": _crumbs(evaluation)})
    districts = drawn.districts_of(record, evaluation)
    if request.method == "POST":
        return _searched(request, year, districts)
    search = DrawnFilter(request.GET, districts=districts).search(request.GET.get("words", ""))
    places = drawn.find(record, evaluation, search).select_related("evaluator", "unit", "stratum")
    page = Paginator(places, _PER_PAGE).get_page(request.GET.get("page"))
    may_see_contact = may(request.user, "registry.contact")
    show_contact = may_see_contact and request.GET.get("contact") == "1"
    service.record_view(
        actor=cast(User, request.user),
        round=evaluation,
        record=record,
        search=search,
        rows=page.paginator.count,
        page=page.number,
        show_contact=show_contact,
    )
    looks, times = drawn.looks_at(record)
    form = DrawnSearchForm(
        initial={"q": search.text, "stratum": search.stratum, "district": search.district}, districts=districts
    )
    context = {
        "round": evaluation,
        "crumbs": _crumbs(evaluation),
        "form": form,
        "search": search,
        "is_filtered": search != drawn.DrawnSearch(),
        "page": page,
        "rows": drawn.with_particulars(list(page.object_list), evaluation, show_contact=show_contact),
        "may_see_contact": may_see_contact,
        "may_see_person": may(request.user, "registry.view"),
        "show_contact": show_contact,
        "looks": looks,
        "times": times,
    }
    return render(request, "evaluation/drawn_list.html", context)


def _searched(request: HttpRequest, year: int, districts: list[str]) -> HttpResponse:
    """From what was typed to its address."""
    form = DrawnSearchForm(request.POST, districts=districts)
    search = form.search()
    wanted = {
        "words": seal(form.cleaned_data.get("q") or ""),
        "stratum": search.stratum.pk if search.stratum else "",
        "district": search.district,
    }
    query = urlencode({name: value for name, value in wanted.items() if value})
    return redirect(reverse("evaluation:drawn-list", args=(year,)) + (f"?{query}" if query else ""))


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def drawn_take(request: HttpRequest, year: int) -> HttpResponse:
    """Take the list, or what a search left of it, as an Excel file: say why, start the job, fetch what was made."""
    evaluation = get_round(year)
    record = selectors.standing_draw(year)
    if record is None:
        raise Http404
    words = request.GET.get("words", "")
    search = DrawnFilter(request.GET, districts=drawn.districts_of(record, evaluation)).search(words)
    form = TakeListForm(posted(request), may_see_contact=may(request.user, "registry.contact"))
    here = reverse("evaluation:drawn-take", args=(year,))
    if request.method == "POST" and form.is_valid():
        with_contact = bool(form.cleaned_data.get("with_contact"))
        return start_job(
            request,
            service.LIST_KIND,
            params={
                "round_id": evaluation.pk,
                "words": words if search.text else "",
                "stratum": search.stratum.pk if search.stratum else None,
                "district": search.district,
                "with_contact": with_contact,
                "reason": form.cleaned_data["reason"],
            },
            permission="round.draw",
            exclusive_key=f"{service.LIST_KIND}:{request.user.pk}",
            back_url=here,
        )
    return render(request, "evaluation/drawn_take.html", _take_context(evaluation, record, search, form))


def _take_context(evaluation: Round, record: Draw, search: drawn.DrawnSearch, form: TakeListForm) -> dict[str, object]:
    here = reverse("evaluation:drawn-list", args=(evaluation.year,))
    return {
        "round": evaluation,
        "crumbs": [*_crumbs(evaluation)[:-1], (_("List of the drawn"), here), (_("As a file"), "")],
        "form": form,
        "search": search,
        "count": drawn.find(record, evaluation, search).count(),
        "days": service.KEPT.days,
        "files": service.stored_lists(evaluation),
    }


def _crumbs(evaluation: Round) -> list[tuple[str, str]]:
    return crumbs(evaluation, _("List of the drawn"))
