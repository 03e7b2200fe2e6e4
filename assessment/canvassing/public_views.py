"""The public side: report canvassing, and look up what became of a report. Nothing here knows of ballots."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from assessment.canvassing import limits, selectors
from assessment.canvassing.forms import LookUpForm, ReportForm
from assessment.canvassing.services import receive_report
from evaluation.attempts import client_address
from foundation.form_errors import try_service

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@FORM_METHODS
def report_create(request: HttpRequest) -> HttpResponse:
    """The form; what is sent is answered with the case number and the secret word, once."""
    year = selectors.year_of_reports()
    if year is None:
        return render(request, "assessment/canvassing_none.html")
    if request.method != "POST":
        return render(request, "assessment/canvassing_report.html", {"form": ReportForm(year=year), "year": year})
    address = client_address(request)
    limits.refuse_if_too_many(limits.REPORT, address)
    form = ReportForm(request.POST, request.FILES, year=year)
    if form.is_valid():
        values = {key: value for key, value in form.cleaned_data.items() if key != "opened"}
        key = try_service(form, lambda: receive_report(token=form.token, year=year, **values))
        if key is not None:
            limits.note(limits.REPORT, address)
            return render(request, "assessment/canvassing_received.html", {"key": key})
    return render(request, "assessment/canvassing_report.html", {"form": form, "year": year}, status=422)


@login_not_required
@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@FORM_METHODS
def report_look_up(request: HttpRequest) -> HttpResponse:
    """Number and word travel in the body, never in an address; wrong ones are counted."""
    form = LookUpForm(request.POST if request.method == "POST" else None)
    found, status = None, 200
    if request.method == "POST":
        address = client_address(request)
        limits.refuse_if_too_many(limits.LOOKUP, address)
        status = 422
        if form.is_valid():
            found = selectors.look_up(form.cleaned_data["number"], form.cleaned_data["secret"])
            if found is None:
                limits.note(limits.LOOKUP, address)
                form.add_error(None, _("There is no report with this number and word. Please compare both once more."))
            else:
                status = 200
    return render(request, "assessment/canvassing_state.html", {"form": form, "found": found}, status=status)
