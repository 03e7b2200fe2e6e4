"""What a round is compared with: last year's rates by department, and those left out of it by decision."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import may, permission_required
from evaluation import services
from evaluation.baselines import Standing, overview
from evaluation.forms.rounds import SetAsideForm
from evaluation.refusals import Stale
from evaluation.states import RoundState
from evaluation.views.shared import confirm, crumbs, get_round, posted


@require_GET
@permission_required("round.view")
def baseline_list(request: HttpRequest, year: int) -> HttpResponse:
    """Every department of the year with last year's rates, and why it is not compared if it is not."""
    evaluation = get_round(year)
    found = overview(evaluation)
    context = {
        "round": evaluation,
        "crumbs": crumbs(evaluation, _("Compared with last year")),
        "overview": found,
        "last_year": year - 1,
        "compared": sum(row.compared for row in found.rows),
        "editable": evaluation.state == RoundState.DRAFT and may(request.user, "round.configure"),
    }
    return render(request, "evaluation/baseline_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("round.configure")
def baseline_set_aside(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """Leave a department out of the comparison, with a reason, or take it back in."""
    evaluation = get_round(year)
    row = next((entry for entry in overview(evaluation).rows if entry.code == code), None)
    if row is None:
        raise Http404
    form = SetAsideForm(posted(request), reason=not row.set_aside, initial={"version": evaluation.version})
    if request.method == "POST" and form.is_valid():
        typed = {"actor": request.user, "round": evaluation, "code": code, **form.cleaned_data}
        try:
            (services.take_baseline_back if row.set_aside else services.set_baseline_aside)(**typed)
        except Stale:
            messages.warning(request, _("Somebody else has changed this round meanwhile. Look again, then decide."))
            return redirect("evaluation:baseline-set-aside", year=year, code=code)
        words = (
            _("%(name)s is compared with last year again.")
            if row.set_aside
            else _("%(name)s is not compared with last year.")
        )
        messages.success(request, words % {"name": row.name})
        return redirect("evaluation:baseline-list", year=year)
    return confirm(
        request,
        title=(_("Compare with last year: %(name)s") if row.set_aside else _("Not compared with last year: %(name)s"))
        % {"name": row.name},
        crumbs=crumbs(evaluation, _("Compared with last year"), row.name),
        consequences=_consequences(row),
        form=form,
        confirm_label=_("Compare again") if row.set_aside else _("Do not compare"),
        danger=not row.set_aside,
        cancel_url=reverse("evaluation:baseline-list", args=(year,)),
    )


def _consequences(row: Standing) -> list[str]:
    if row.set_aside:
        return [
            _("The reason given was: %(reason)s") % {"reason": row.set_aside},
            _("It gets points for its change on last year again, by the rules of the round."),
        ]
    return [
        _("It gets no points for its change on last year, neither for better nor for worse."),
        _("Its rank last year still stands beside this year's, where there is one."),
        _("The reason is shown with the result."),
    ]
