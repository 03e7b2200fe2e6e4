"""Two runs of a round side by side."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.policies import permission_required
from evaluation.models import Round
from evaluation.views.shared import crumbs, get_round
from scoring import comparing, selectors
from scoring.core.differences import compared
from scoring.models import ScoreRun


class RunsForm(forms.Form):
    """Which two runs."""

    first = forms.TypedChoiceField(label=gettext_lazy("Earlier run"), coerce=UUID)
    second = forms.TypedChoiceField(label=gettext_lazy("Later run"), coerce=UUID)

    def __init__(self, runs: list[ScoreRun], data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        choices = [(str(run.pk), _("Run %(number)s") % {"number": run.number}) for run in runs]
        for field in self.fields.values():
            field.choices = choices  # type: ignore[attr-defined]


@require_GET
@permission_required("scoring.view")
def run_compare(request: HttpRequest, year: int) -> HttpResponse:
    """Two runs figure by figure; without a choice the latest two."""
    evaluation = get_round(year)
    runs = selectors.runs_of(evaluation)
    data = request.GET
    if "first" not in data and len(runs) > 1:
        data = {"first": str(runs[1].pk), "second": str(runs[0].pk)}  # type: ignore[assignment]
    form = RunsForm(runs, data)
    context = {
        "round": evaluation,
        "runs": runs,
        "form": form,
        "crumbs": [*crumbs(evaluation), (_("Results"), reverse("scoring:run-list", args=(year,))), (_("Compare"), "")],
    }
    if len(runs) > 1 and form.is_valid():
        first, second = (_run(evaluation, form.cleaned_data[name]) for name in ("first", "second"))
        comparison = compared(first.result["departments"], second.result["departments"])
        context |= {
            "first": first,
            "second": second,
            "comparison": comparison,
            "lines": comparing.lines(comparison.differences),
            "outcomes": comparing.lines(comparison.outcomes),
            "groups": comparing.places(comparison),
            "proofs": comparing.proofs(first, second),
        }
    return render(request, "scoring/compare.html", context)


def _run(evaluation: Round, pk: UUID) -> ScoreRun:
    run = selectors.run_of(evaluation, pk)
    if run is None:
        raise Http404
    return run
