"""The registry as an encrypted Excel file: what is in it, starting it, fetching it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.policies import permission_required
from evaluators import selectors
from evaluators.forms import RegistryFilter
from evaluators.models import EvaluatorStatus
from evaluators.services.export import EXPORT_KIND, KEPT
from evaluators.views.shared import FORM_METHODS, actor_of, crumbs
from foundation.models import StoredFile
from foundation.starting import start_job


@FORM_METHODS
@never_cache
@permission_required("registry.view")
@permission_required("registry.contact")
def export(request: HttpRequest) -> HttpResponse:
    """Say who would be in the file and what it means, start the job, list the files that are still there."""
    words = request.GET.get("words", "")
    search = RegistryFilter(request.GET).search(words)
    if request.method == "POST":
        here = reverse("evaluators:export")
        return start_job(
            request,
            EXPORT_KIND,
            params={
                "words": words if search.text else "",
                "stratum": search.stratum.pk if search.stratum else None,
                "unit": search.unit.pk if search.unit else None,
                "district": search.district,
                "status": search.status,
            },
            permission="registry.contact",
            exclusive_key=f"{EXPORT_KIND}:{actor_of(request).pk}",
            back_url=here,
        )
    rows = selectors.find(selectors.visible_to(request.user), search)
    context = {
        "count": rows.count(),
        "search": search,
        "status_label": EvaluatorStatus(search.status).label if search.status else "",
        "days": KEPT.days,
        "files": StoredFile.objects.filter(kind=EXPORT_KIND, erased_at=None).select_related("created_by"),
        "crumbs": crumbs((_("Download as Excel"), "")),
    }
    return render(request, "evaluators/export.html", context)
