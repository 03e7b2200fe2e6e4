"""The yearly confirmation by units: which have a sheet, which are back, making the sheets."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import permission_required
from evaluators import selectors
from evaluators.forms import ConfirmationFilter
from evaluators.listing import PER_PAGE
from evaluators.models import Unit, UnitConfirmation
from evaluators.services.confirmation import SHEETS_KIND
from evaluators.services.export import KEPT
from evaluators.views.shared import actor_of, crumbs
from foundation.models import StoredFile
from foundation.starting import start_job


def _years() -> list[int]:
    """This year and the one before, and every year that has confirmations, the newest first."""
    now = timezone.localdate().year
    known = UnitConfirmation.objects.order_by("year").values_list("year", flat=True).distinct()
    return sorted({now, now - 1, *known}, reverse=True)


@require_GET
@never_cache
@permission_required("registry.edit")
def confirmation_list(request: HttpRequest) -> HttpResponse:
    """The units with how far each is; those that have not answered can be picked out."""
    form = ConfirmationFilter(request.GET, years=_years())
    chosen = form.chosen()
    rows = selectors.asked_units(**chosen).order_by("code")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    keys = [unit.pk for unit in page]
    sheets = {row.unit_id: row for row in UnitConfirmation.objects.filter(year=chosen["year"], unit__in=keys)}
    people = selectors.people_of(keys)
    context = {
        "form": form,
        "year": chosen["year"],
        "chosen": chosen,
        "page": page,
        "count": page.paginator.count,
        "units": [(unit, people.get(unit.pk, (0, 0))[0], sheets.get(unit.pk)) for unit in page],
        "figures": selectors.confirmation_figures(chosen["year"]),
        "files": StoredFile.objects.filter(kind=SHEETS_KIND, erased_at=None).select_related("created_by")[:20],
        "days": KEPT.days,
        "is_filtered": any(chosen[name] for name in ("stratum", "district", "state")),
        "crumbs": crumbs((_("Yearly confirmation"), "")),
    }
    return render(request, "evaluators/confirmation_list.html", context)


@require_POST
@permission_required("registry.edit")
def sheets_start(request: HttpRequest) -> HttpResponse:
    """Make the sheets of one unit, or of those of a stratum and district."""
    form = ConfirmationFilter(request.POST, years=_years())
    chosen = form.chosen()
    unit = request.POST.get("unit", "")
    wanted = get_object_or_404(Unit, pk=unit) if unit.isdecimal() else None
    here = reverse("evaluators:confirmation-list")
    return start_job(
        request,
        SHEETS_KIND,
        params={
            "year": chosen["year"],
            "unit": wanted.pk if wanted else None,
            "stratum": chosen["stratum"].pk if chosen["stratum"] else None,
            "district": chosen["district"] or "",
            "unconfirmed_only": request.POST.get("unconfirmed") == "yes",
        },
        exclusive_key=f"{SHEETS_KIND}:{actor_of(request).pk}",
        permission="registry.edit",
        back_url=here,
    )
