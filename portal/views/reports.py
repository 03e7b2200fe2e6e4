"""Reports of a year: what was made, with its fingerprint and who fetched it, and making a new one."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import permission_required
from evaluation.models import Round
from foundation.access import may_fetch
from foundation.models import StoredFile
from foundation.starting import start_job
from portal.services import runs_to_report


@require_GET
@permission_required("reports.make")
def report_list(request: HttpRequest) -> HttpResponse:
    """Every year that has a result the reader may see, and the reports made of it."""
    rounds = []
    stored: dict[int, list[StoredFile]] = {}
    for file in (
        StoredFile.objects.filter(kind__startswith="report.", erased_at=None)
        .select_related("created_by")
        .annotate(fetched=Count("fetches"))
    ):
        if file.year is not None and may_fetch(request.user, file):
            stored.setdefault(file.year, []).append(file)
    for round in Round.objects.filter(score_runs__isnull=False).distinct().order_by("-year"):
        found = runs_to_report(request.user, round)
        if found is not None:
            rounds.append({"round": round, "published": found[1], "files": stored.get(round.year, [])})
    return render(request, "portal/reports.html", {"rounds": rounds})


@require_POST
@permission_required("reports.make")
def workbook_make(request: HttpRequest, year: int) -> HttpResponse:
    """Start writing the result workbook; its progress page leads to the file."""
    round = get_object_or_404(Round, year=year)
    back = reverse("portal:report-list")
    return start_job(
        request,
        "portal.workbook",
        params={"round_id": round.pk, "language": get_language() or "zh-hans"},
        exclusive_key=f"workbook:{round.pk}:{request.user.pk}",
        back_url=back,
    )
