"""Presenting a code: typed or by its link, exchanged for a cookie, and what is shown where it does not lead on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluation import attempts, ballot_cookie
from evaluation.admission import Admission, Standing, find, was_replaced
from evaluation.ballot_code import BallotCode, CodeError
from evaluation.ballot_cookie import Ticket
from evaluation.ballot_forms import CodeForm, read_time
from foundation.errors import TooManyRequests

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """A page of the ballot: for everybody, kept nowhere, with nothing of it in an error report."""

    @login_not_required
    @sensitive_post_parameters()
    @sensitive_variables()
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        response["Cache-Control"] = "no-store"
        # Forms need "same-origin": with "no-referrer" browsers hide their origin, and the CSRF check refuses them.
        response.setdefault("Referrer-Policy", "same-origin")
        return response

    return guarded


def with_ballot(view: Callable[Concatenate[HttpRequest, Ticket, Admission, ...], HttpResponse]) -> View:
    """A page behind the code: the view gets the browser's ticket and the invitation, in whatever state it is."""

    @public
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ticket = ballot_cookie.read(request)
        if ticket is None:
            return redirect("ballot:code-entry")
        admission = find(ticket.code)
        if admission is None:
            response = state_page(request, "revoked") if was_replaced(ticket.code) else redirect("ballot:code-entry")
            ballot_cookie.forget(response)
            return response
        form_time = read_time(request.POST.get("opened", ""), ticket.code.hash) if request.method == "POST" else None
        return view(request, ticket, admission.opened(form_time or ticket.started_at), *args, **kwargs)

    return guarded


_STATUS = {
    "unknown": HTTPStatus.NOT_FOUND,
    "not_yet": HTTPStatus.FORBIDDEN,
    "closed": HTTPStatus.GONE,
    "revoked": HTTPStatus.GONE,
    "used": HTTPStatus.CONFLICT,
    "too_many": HTTPStatus.TOO_MANY_REQUESTS,
}


def state_page(request: HttpRequest, name: str, admission: Admission | None = None, **context: Any) -> HttpResponse:
    """The page of a state in which the ballot cannot be filled in, with its status."""
    if admission is not None:
        context |= {
            "round": admission.round,
            "returned_on": admission.invitation.returned_on,
            "is_replaced": admission.invitation.replaced_on is not None,
        }
    # The switches of language and type lead to a page without a code in its address.
    context["here"] = reverse("ballot:intro" if admission is not None else "ballot:code-entry")
    return render(request, f"evaluation/ballot/{name}.html", context, status=_STATUS[name].value)


def used_page(request: HttpRequest, admission: Admission) -> HttpResponse:
    can_replace = admission.may_replace and admission.standing() == Standing.RETURNED
    return state_page(request, "used", admission, can_replace=can_replace)


def refusal_page(request: HttpRequest, ticket: Ticket, admission: Admission) -> HttpResponse | None:
    """The page that says why this ballot cannot be filled in now; None if it can."""
    standing = admission.standing()
    if standing == Standing.OPEN:
        return None
    if standing == Standing.RETURNED:
        if ticket.replacing and admission.may_replace and admission.invitation.draft is not None:
            return None
        return redirect("ballot:intro")
    return state_page(request, standing.value, admission)


# The code


@public
@require_http_methods(["GET", "HEAD", "POST"])
def code_entry(request: HttpRequest) -> HttpResponse:
    """Type the code from the letter."""
    if request.method != "POST":
        return render(request, "evaluation/ballot/entry.html", {"form": CodeForm()})
    form = CodeForm(request.POST)
    if not form.is_valid():
        return render(request, "evaluation/ballot/entry.html", {"form": form}, status=HTTPStatus.BAD_REQUEST.value)
    return _exchange(request, form.cleaned_data["code"], typed=form)


@public
@require_safe
def code_link(request: HttpRequest, code: str) -> HttpResponse:
    """The link of the letter: its code becomes a cookie and leaves the address. Looking at it spends nothing."""
    response = _exchange(request, code, typed=None)
    # A page that stays at this address has forms, for which the bare origin has to be told; the path never is.
    response["Referrer-Policy"] = "no-referrer" if response.status_code == HTTPStatus.FOUND else "strict-origin"
    return response


def _exchange(request: HttpRequest, typed_code: str, *, typed: CodeForm | None) -> HttpResponse:
    address = attempts.client_address(request)
    try:
        attempts.refuse_if_too_many(address)
    except TooManyRequests as refusal:
        response = state_page(request, "too_many", minutes=int(refusal.retry_after // 60))
        response["Retry-After"] = str(int(refusal.retry_after))
        return response
    try:
        code = BallotCode.read(typed_code)
    except CodeError:
        attempts.note_wrong(address)
        if typed is not None:
            typed.add_error("code", _("There is a typing error in this code. Please compare it with your letter."))
            return render(request, "evaluation/ballot/entry.html", {"form": typed}, status=HTTPStatus.NOT_FOUND.value)
        return state_page(request, "unknown")
    if find(code) is not None:
        response = redirect("ballot:intro")
        known = ballot_cookie.read(request)
        ballot_cookie.write(response, request, known if known is not None and known.code == code else Ticket(code))
        return response
    if was_replaced(code):
        return state_page(request, "revoked")
    attempts.note_wrong(address)
    return state_page(request, "unknown")


@public
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Take the code off this device."""
    response = redirect("ballot:code-entry")
    ballot_cookie.forget(response)
    return response
