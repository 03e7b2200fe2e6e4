"""What an evaluator meets, from the first page to the receipt. No session, no account; a GET never changes anything."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from evaluation import ballot_cookie, receipts
from evaluation.admission import Admission, Standing, find
from evaluation.ballot_cookie import Ticket
from evaluation.ballot_forms import BadBallotPostError, PageForm, sign_time
from evaluation.ballot_sheet import Sheet, names_of
from evaluation.envelopes import ContentTooLongError
from evaluation.models import Invitation
from evaluation.refusals import Refused
from evaluation.services import drafts, submitting
from evaluation.services.submitting import Content, Outcome
from evaluation.views.ballot_access import refusal_page, state_page, used_page, with_ballot
from evaluation.wording import label_of

# Filling in


@with_ballot
@require_safe
def intro(request: HttpRequest, ticket: Ticket, admission: Admission) -> HttpResponse:
    """Who asks, how long it takes, that it is anonymous and how; or why the ballot cannot be filled in."""
    standing = admission.standing()
    if standing == Standing.RETURNED:
        if any(submitting.is_token_of(token, admission.invitation) for token in ticket.tokens):
            return redirect("ballot:receipt")
        return used_page(request, admission)
    if standing != Standing.OPEN:
        return state_page(request, standing.value, admission)
    sheet = Sheet.of(admission)
    draft = _draft(ticket, admission)
    context = {
        "round": admission.round,
        "sheet": sheet,
        "answered": sheet.answered(draft.answers),
        "groups": len({page.group for page in sheet.pages}),
        "replace_allowed": admission.rules.configuration.ballot.replace_allowed,
        "has_draft": not draft.is_empty,
    }
    return render(request, "evaluation/ballot/intro.html", context)


@with_ballot
@require_POST
def start(request: HttpRequest, ticket: Ticket, admission: Admission) -> HttpResponse:
    """Start was pressed: only now the invitation counts as opened."""
    refusal = refusal_page(request, ticket, admission)
    if refusal is not None:
        return refusal
    if admission.invitation.opened_on is None:
        unopened = Invitation.objects.filter(pk=admission.invitation.pk, opened_on=None, revoked_on=None)
        unopened.update(opened_on=timezone.localdate())
    number = Sheet.of(admission).first_unfinished(_draft(ticket, admission).answers)
    response = redirect("ballot:page", number) if number else redirect("ballot:review")
    ballot_cookie.write(response, request, ticket.started(timezone.now(), replacing=ticket.replacing))
    return response


@with_ballot
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, ticket: Ticket, admission: Admission, number: int) -> HttpResponse:
    """Some departments of one group; each step saves the draft."""
    refusal = refusal_page(request, ticket, admission)
    if refusal is not None:
        return refusal
    if admission.started_at is None:
        return redirect("ballot:intro")
    sheet = Sheet.of(admission)
    shown = sheet.page(number)
    if shown is None:
        return redirect("ballot:review")
    draft = _draft(ticket, admission)
    if request.method != "POST":
        return _page(request, admission, PageForm(sheet, shown, names_of(shown.departments), draft))
    form = PageForm(sheet, shown, {}, draft)
    problem, status = _save(form, request, admission)
    if problem or form.errors:
        form.names = names_of(shown.departments)
        return _page(request, admission, form, problem=problem, status=status)
    return _next(request, sheet, number)


def _save(form: PageForm, request: HttpRequest, admission: Admission) -> tuple[str, HTTPStatus]:
    """Save a posted page; what went wrong, in words, and the status that says so."""
    try:
        form.read(request.POST)
    except BadBallotPostError:
        return _("The page could not be read. Please answer it again."), HTTPStatus.BAD_REQUEST
    try:
        form.draft, _version = drafts.save_draft(admission=admission, answers=form.answers, opinions=form.short_enough)
    except Refused as refusal:
        too_long = refusal.code == "too_long"
        return refusal.line, HTTPStatus.UNPROCESSABLE_ENTITY if too_long else HTTPStatus.CONFLICT
    return "", HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _next(request: HttpRequest, sheet: Sheet, number: int) -> HttpResponseRedirect:
    go = request.POST.get("go", "next")
    if go == "review" or (go == "next" and number >= len(sheet.pages)):
        return redirect("ballot:review")
    if go == "back":
        return redirect("ballot:page", number - 1) if number > 1 else redirect("ballot:intro")
    return redirect("ballot:page", number + 1)


def _page(
    request: HttpRequest,
    admission: Admission,
    form: PageForm,
    *,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "here": reverse("ballot:page", args=[form.page.number]),
        "round": admission.round,
        "sheet": form.sheet,
        "page": form.page,
        "group": form.sheet.group_label(form.page),
        "departments": form.departments,
        "one_column": form.one_column,
        "several_items": len(form.sheet.rules.definition.items) > 1,
        "answered": form.sheet.answered(form.draft.answers),
        "opened": _opened_field(admission),
        "problem": problem,
        "errors": form.errors,
        "replacing": admission.standing() == Standing.RETURNED,
    }
    return render(request, "evaluation/ballot/page.html", context, status=status.value)


@with_ballot
@require_POST
def draft_save(request: HttpRequest, ticket: Ticket, admission: Admission, number: int) -> HttpResponse:
    """The same as a page's post, by script after each tap: how many are answered, or why it was not saved."""
    sheet = Sheet.of(admission)
    shown = sheet.page(number)
    if refusal_page(request, ticket, admission) is not None or shown is None or admission.started_at is None:
        return JsonResponse({"error": _("Your ballot can no longer be changed here.")}, status=HTTPStatus.CONFLICT)
    form = PageForm(sheet, shown, {}, _draft(ticket, admission))
    problem, status = _save(form, request, admission)
    error = problem or next(iter(form.errors.values()), "")
    if error:
        return JsonResponse({"error": error}, status=status)
    return JsonResponse({"answered": sheet.answered(form.draft.answers), "total": sheet.total})


# Submitting


@with_ballot
@require_safe
def review(request: HttpRequest, ticket: Ticket, admission: Admission) -> HttpResponse:
    """What is left blank, and the button that submits."""
    refusal = refusal_page(request, ticket, admission)
    if refusal is not None:
        return refusal
    if admission.started_at is None:
        return redirect("ballot:intro")
    return _review(request, ticket, admission)


def _review(
    request: HttpRequest,
    ticket: Ticket,
    admission: Admission,
    *,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    sheet = Sheet.of(admission)
    draft = _draft(ticket, admission)
    token = submitting.new_token()
    context = {
        "here": reverse("ballot:review"),
        "round": admission.round,
        "sheet": sheet,
        "groups": _review_groups(sheet, draft),
        "answered": sheet.answered(draft.answers),
        "blank": sheet.total - sheet.answered(draft.answers),
        "opinions": len(draft.opinions),
        "last_page": len(sheet.pages),
        "token": submitting.sign_token(token, admission.code.hash),
        "opened": _opened_field(admission),
        "draft_version": drafts.version_of(admission.invitation.draft),
        "replacing": ticket.replacing,
        "replace_allowed": admission.rules.configuration.ballot.replace_allowed,
        "problem": problem,
    }
    response = render(request, "evaluation/ballot/review.html", context, status=status.value)
    ballot_cookie.write(response, request, ticket.with_token(token))
    return response


def _review_groups(sheet: Sheet, draft: drafts.Draft) -> list[dict[str, Any]]:
    """Group by group: what is blank, and what was answered."""
    names = names_of(sheet.departments)
    scale = ["", *(label_of(choice) for choice in sheet.rules.configuration.scale)]
    items = [label_of(item) for item in sheet.rules.configuration.items]
    groups: list[dict[str, Any]] = []
    for shown in sheet.pages:
        if not groups or groups[-1]["code"] != shown.group:
            groups.append({"code": shown.group, "label": sheet.group_label(shown), "rows": [], "blank": []})
        for entry in shown.departments:
            answers = draft.answers[entry.number * len(items) : (entry.number + 1) * len(items)]
            row = {
                "name": names.get(entry.code, entry.code),
                "number": entry.number,
                "page": shown.number,
                "answers": [
                    {"item": item if len(items) > 1 else "", "choice": scale[choice]}
                    for item, choice in zip(items, answers, strict=True)
                ],
                "has_opinion": entry.code in draft.opinions,
            }
            groups[-1]["rows"].append(row)
            if not all(answers):
                groups[-1]["blank"].append(row)
    return groups


@with_ballot
@require_POST
def submit(request: HttpRequest, ticket: Ticket, admission: Admission) -> HttpResponse:
    """Put the reviewed ballot into the box. The same form twice leads to the same receipt."""
    try:
        token = submitting.read_token(request.POST.get("token", ""), admission.code.hash)
    except ValueError:
        return redirect("ballot:review")
    if submitting.is_token_of(token, admission.invitation):
        return _to_receipt(request, ticket, token)
    replacing = ticket.replacing and request.POST.get("replace") == "1"
    if admission.standing() == Standing.RETURNED and not replacing:
        return used_page(request, admission)
    refusal = refusal_page(request, ticket, admission)
    if refusal is not None:
        return refusal
    if request.POST.get("draft", "") != drafts.version_of(admission.invitation.draft):
        problem = _("Your answers were changed in another window or on another device. Please check them once more.")
        return _review(request, ticket, admission, problem=problem, status=HTTPStatus.CONFLICT)
    draft = _draft(ticket, admission)
    try:
        outcome = submitting.submit(
            admission=admission, content=Content(draft.answers, draft.opinions), token=token, replace=replacing
        )
    except (ContentTooLongError, ValueError):
        problem = _("Your ballot could not be sealed. Please shorten your opinions and try again.")
        return _review(request, ticket, admission, problem=problem, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if outcome.is_in:
        return _to_receipt(request, ticket, token)
    if outcome == Outcome.ALREADY_USED:
        fresh = find(ticket.code)
        return used_page(request, fresh.opened(admission.started_at) if fresh is not None else admission)
    return state_page(request, outcome.value, admission)


def _to_receipt(request: HttpRequest, ticket: Ticket, token: bytes) -> HttpResponse:
    response = redirect("ballot:receipt")
    ballot_cookie.write(response, request, Ticket(ticket.code, ticket.started_at, (token,)))
    return response


@with_ballot
@require_GET
def receipt(request: HttpRequest, ticket: Ticket, admission: Admission) -> HttpResponse:
    """Thank you, and the receipt: proof that the ballot is in, not of what it says."""
    token = next((known for known in ticket.tokens if submitting.is_token_of(known, admission.invitation)), None)
    if token is None:
        return redirect("ballot:intro")
    text = receipts.text_of(token)
    code = segno.make(receipts.grouped(text), error="m")
    context = {
        "round": admission.round,
        "receipt": [receipts.grouped(text[at : at + 9]).replace("-", " ") for at in range(0, len(text), 9)],
        "qr": code.svg_data_uri(scale=4, border=2, dark="#000", light="#fff"),
        "can_replace": admission.may_replace and admission.standing() == Standing.RETURNED,
    }
    return render(request, "evaluation/ballot/receipt.html", context)


@with_ballot
@require_POST
def replace(request: HttpRequest, ticket: Ticket, admission: Admission) -> HttpResponse:
    """Begin a ballot that will take the place of the one returned; until it is submitted, that one counts."""
    if admission.standing() != Standing.RETURNED or not admission.may_replace:
        return redirect("ballot:intro")
    drafts.start_draft(admission=admission)
    response = redirect("ballot:page", 1)
    ballot_cookie.write(response, request, ticket.started(timezone.now(), replacing=True))
    return response


def _draft(ticket: Ticket, admission: Admission) -> drafts.Draft:
    return drafts.open_draft(ticket.code, admission.invitation.draft, admission.rules.definition.size)


def _opened_field(admission: Admission) -> str:
    """The hidden field with the moment the form was opened; carried on from page to page."""
    return sign_time(admission.started_at or timezone.now(), admission.code.hash)
