"""Giving out what a round can be recounted from: the public bundle, and for auditors the one with ballots."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import permission_required
from departments.models import Department
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.views.shared import crumbs, get_round, posted
from evaluators.models import Stratum
from foundation.starting import start_job
from scoring import selectors
from scoring.core.privacy import OpenCell
from scoring.forms import ReleaseForm
from scoring.services import release_public_bundle
from scoring.services.bundles import MadeBundle, make_bundle, published_run


@dataclass(frozen=True)
class CellRow:
    """A cell that tells too much, with the names of its department, criterion and stratum."""

    department: str
    item: str
    stratum: str
    cell: OpenCell


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("round.publish")
def bundle_release(request: HttpRequest, year: int) -> HttpResponse:
    """Release the public bundle of the published run, after a look at the cells that tell too much."""
    evaluation = get_round(year)
    made, problems = _public(evaluation)
    form = ReleaseForm(len(made.cells) if made else 0, posted(request))
    if request.method == "POST" and made is not None and form.is_valid():
        release_public_bundle(
            actor=request.user,  # type: ignore[arg-type]
            round=evaluation,
            readers=form.cleaned_data["readers"],
            confirmed=form.cleaned_data.get("confirmed", False),
        )
        messages.success(request, _("The public bundle of %(year)s is released.") % {"year": year})
        return redirect("portal:recount", year=year)
    context = {
        "round": evaluation,
        "made": made,
        "problems": problems,
        "rows": _rows(made) if made else [],
        "released": selectors.released_bundle(made.run) if made else None,
        "form": form,
        "crumbs": [*crumbs(evaluation), (_("Results"), reverse("scoring:run-list", args=(year,))), (_("Release"), "")],
    }
    return render(request, "scoring/bundle_release.html", context)


def _public(evaluation: Round) -> tuple[MadeBundle | None, list[Missing]]:
    try:
        return make_bundle(published_run(evaluation), public=True), []
    except Refused as refusal:
        return None, refusal.problems


def _rows(made: MadeBundle) -> list[CellRow]:
    departments = {row.code: str(row) for row in Department.objects.all()}
    strata = dict(Stratum.objects.values_list("code", "name"))
    items = {item.code: item.label for item in made.bundle.definition.items}
    return [
        CellRow(
            departments.get(cell.department, cell.department),
            items.get(cell.item) or cell.item,
            strata.get(cell.stratum, cell.stratum),
            cell,
        )
        for cell in made.cells
    ]


@require_GET
@never_cache
@permission_required("bundle.audit")
def bundle_audit(request: HttpRequest, year: int) -> HttpResponse:
    """The audit bundles of a round with who made and how often they were taken, and making one."""
    evaluation = get_round(year)
    context = {
        "round": evaluation,
        "run": selectors.run_to_export(evaluation),
        "published": selectors.published_run_id(evaluation),
        "files": selectors.audit_bundles(evaluation),
        "crumbs": [
            *crumbs(evaluation),
            (_("Results"), reverse("scoring:run-list", args=(year,))),
            (_("Audit bundle"), ""),
        ],
    }
    return render(request, "scoring/bundle_audit.html", context)


@require_POST
@permission_required("bundle.audit")
def bundle_audit_make(request: HttpRequest, year: int) -> HttpResponse:
    """Start writing the audit bundle; its progress page leads back to the list."""
    evaluation = get_round(year)
    back = reverse("scoring:bundle-audit", args=(year,))
    return start_job(
        request,
        "scoring.audit_bundle",
        params={"round_id": evaluation.pk},
        permission="bundle.audit",
        exclusive_key=f"bundle.audit:{year}:{request.user.pk}",
        back_url=back,
    )
