"""The pages of a round's configuration, editable in a draft and readable for ever."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.policies import may, permission_required, require
from evaluation import selectors, services
from evaluation.forms.outcomes import OutcomesForm
from evaluation.forms.sections import (
    BallotForm,
    BasicsForm,
    ClassesForm,
    ComparisonForm,
    CompositeForm,
    CriteriaForm,
    ScaleForm,
    SectionForm,
)
from evaluation.forms.strata import StrataForm, WeightsForm
from evaluation.forms.words import value_words, words
from evaluation.models import Round
from evaluation.overview import section_overview
from evaluation.refusals import Stale
from evaluation.sections import PAGES, SECTION_PAGES
from evaluation.states import RoundState
from evaluation.views.shared import crumbs, get_round

FORMS: dict[str, type[SectionForm]] = {
    "basics": BasicsForm,
    "scale": ScaleForm,
    "criteria": CriteriaForm,
    "strata": StrataForm,
    "weights": WeightsForm,
    "classes": ClassesForm,
    "comparison": ComparisonForm,
    "composite": CompositeForm,
    "outcomes": OutcomesForm,
    "ballot": BallotForm,
}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("round.view")
def section_edit(request: HttpRequest, year: int, section: str) -> HttpResponse:
    """One page: shown to all who see rounds, saved by those who configure them while the round is a draft.

    ``add_up`` (or another button of the form's ``shows_only``) shows what is typed without saving; ``next`` saves and
    leads on. Somebody else's newer version gives 409 with what changed, and keeps what was typed.
    """
    page = PAGES.get(section)
    if page is None:
        raise Http404
    evaluation = get_round(year)
    if request.method != "POST":
        return _show(request, evaluation, section, _form(evaluation, section))
    require(request.user, "round.configure")
    version = _version(request)
    form = _form(evaluation, section, request.POST)
    if any(button in request.POST for button in form.shows_only) or not form.is_valid():
        return _show(request, evaluation, section, form, version=version)
    try:
        _save(request, evaluation, section, form, version)
    except ValidationError as error:
        form.forms[0].add_error(None, error)
        return _show(request, evaluation, section, form, version=version)
    except Stale as stale:
        evaluation.refresh_from_db()
        edits = services.edits_since(evaluation, version)
        return _show(request, evaluation, section, form, version=stale.version, edits=edits, status=409)
    messages.success(request, _("Saved: %(section)s.") % {"section": page.title})
    following = _neighbour(section, 1) if "next" in request.POST else section
    return redirect("evaluation:section-edit", year=year, section=following or section)


def _form(evaluation: Round, section: str, data: Any = None) -> SectionForm:
    return FORMS[section](evaluation, selectors.configuration_of(evaluation), data)


def _version(request: HttpRequest) -> int:
    try:
        return int(request.POST["version"])
    except (KeyError, ValueError):
        raise BadRequest("version") from None


def _save(request: HttpRequest, evaluation: Round, section: str, form: SectionForm, version: int) -> None:
    common: dict[str, Any] = {"actor": request.user, "round": evaluation, "version": version}
    if section == "basics":
        services.edit_basics(**common, **form.changes())
    else:
        services.configure(**common, section=section, changes=form.changes())


def _neighbour(section: str, step: int) -> str:
    keys = [page.key for page in SECTION_PAGES]
    at = keys.index(section) + step
    return keys[at] if 0 <= at < len(keys) else ""


def _show(
    request: HttpRequest,
    evaluation: Round,
    section: str,
    form: SectionForm,
    *,
    version: int | None = None,
    edits: Any = (),
    status: int = 200,
) -> HttpResponse:
    page = PAGES[section]
    overview = section_overview(evaluation)
    here = next(state for state in overview if state.page.key == section)
    rules = selectors.configuration_of(evaluation)
    is_draft = evaluation.state == RoundState.DRAFT
    context = {
        "round": evaluation,
        "page": page,
        "section": form,
        "sections": overview,
        "state": here,
        "is_draft": is_draft,
        "editable": is_draft and may(request.user, "round.configure"),
        "version": evaluation.version if version is None else version,
        "edits": [
            (
                edit,
                PAGES.get(edit.section),
                [
                    (words(path, rules), value_words(path, before), value_words(path, after))
                    for path, before, after in edit.changes
                ],
            )
            for edit in edits
        ],
        "following": _neighbour(section, 1),
        "crumbs": crumbs(evaluation, str(page.title)),
        **form.context(),
    }
    return render(request, form.template, context, status=status)
