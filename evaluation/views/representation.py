"""The representativeness report: drawn and returned against the register, in figures, pictures and words."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import permission_required
from evaluation import selectors
from evaluation.models import Round
from evaluation.representation import words
from evaluation.representation.report import Report, report_of
from evaluation.representation.sheets import representation_sheets
from evaluation.services.representing import JOB
from evaluation.views.shared import crumbs, get_round
from foundation.files import XLSX
from foundation.models import ACTIVE_JOB_STATES, Job
from foundation.starting import start_job
from foundation.tables import xlsx_bytes


def _key(draw_id: int) -> str:
    return f"{JOB}:{draw_id}"


@require_GET
@permission_required("round.view")
def representation(request: HttpRequest, year: int) -> HttpResponse:
    """All strata together, or one of them (``?stratum=code``)."""
    evaluation = get_round(year)
    record = selectors.standing_draw(year)
    stratum = request.GET.get("stratum", "")
    report = report_of(evaluation, record, stratum) if record else None
    if report is None and stratum:
        raise Http404
    context: dict[str, Any] = {
        "round": evaluation,
        "record": record,
        "draws": selectors.draw_count(year),
        "crumbs": _crumbs(evaluation, report),
        "report": report,
    }
    if report is None and record is not None:
        context["job"] = Job.objects.filter(exclusive_key=_key(record.pk), state__in=ACTIVE_JOB_STATES).first()
    if report is not None:
        context |= _told(report)
    return render(request, "evaluation/representation.html", context)


def _crumbs(evaluation: Round, report: Report | None) -> list[tuple[str, str]]:
    here = _("Representativeness")
    if report is None or report.stratum is None:
        return crumbs(evaluation, here)
    return [
        *crumbs(evaluation, here)[:-1],
        (here, reverse("evaluation:representation", args=(evaluation.year,))),
        (report.stratum.label, ""),
    ]


def _told(report: Report) -> dict[str, Any]:
    labels = {row.code: row.label for row in report.strata}
    sections = []
    for comparison in report.comparisons:
        if not comparison.rows:
            continue
        sections.append(
            {
                "id": comparison.dimension,
                "chart_id": f"chart-{comparison.dimension}",
                "title": words.dimension_label(comparison.dimension),
                "rows": [(words.category_label(comparison.dimension, row.category), row) for row in comparison.rows],
                "verdicts": [
                    one for one in (words.drawn_verdict(comparison), words.returned_verdict(comparison)) if one
                ],
                "chart": words.chart(comparison),
                "has_returns": comparison.returned_fit is not None,
                "left_out": [labels[code] for code in comparison.left_out],
            }
        )
    verdict = words.strata_verdict(report)
    return {"sections": sections, "strata_verdict": verdict}


@require_POST
@permission_required("round.view")
def representation_make(request: HttpRequest, year: int) -> HttpResponse:
    """Compute the report of the draw in force; it is stored for good."""
    get_round(year)
    record = selectors.standing_draw(year)
    if record is None:
        raise Http404
    return start_job(
        request,
        JOB,
        params={"draw_id": record.pk},
        permission="round.view",
        exclusive_key=_key(record.pk),
        back_url=reverse("evaluation:representation", args=(year,)),
    )


@require_GET
@permission_required("round.view")
def representation_export(request: HttpRequest, year: int) -> HttpResponse:
    """The report as a workbook: counts only, nobody's name."""
    evaluation = get_round(year)
    sheets = representation_sheets(evaluation, evaluation.title)
    if not sheets:
        raise Http404
    response = HttpResponse(xlsx_bytes(sheets), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="representativeness-{year}.xlsx"'
    return response
