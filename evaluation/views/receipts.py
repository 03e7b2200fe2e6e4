"""The published list of receipts: "is my ballot in?", the list itself and its root."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import condition, require_http_methods, require_safe

from evaluation import receipts
from evaluation.ballot_forms import ReceiptForm
from evaluation.models import Receipt, Round
from evaluation.services.returns import rounds_with_receipts


def _round(year: int) -> Round:
    round_ = rounds_with_receipts().filter(year=year).first()
    if round_ is None:
        raise Http404
    return round_


@login_not_required
@require_safe
def receipt_rounds(request: HttpRequest) -> HttpResponse:
    """The rounds whose lists are published."""
    return render(request, "evaluation/ballot/receipt_rounds.html", {"rounds": list(rounds_with_receipts())})


@login_not_required
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def receipt_check(request: HttpRequest, year: int) -> HttpResponse:
    """Is this receipt in the list? The receipt travels in the body, never in an address."""
    round_ = _round(year)
    form = ReceiptForm(request.POST if request.method == "POST" else None)
    result = ""
    if request.method == "POST" and form.is_valid():
        try:
            text = receipts.read(form.cleaned_data["receipt"])
        except receipts.ReceiptError:
            result = "typo"
        else:
            found = Receipt.objects.filter(hash=receipts.hash_of(text), round=round_).exists()
            result = "in" if found else "missing"
    context = {"round": round_, "form": form, "result": result, "count": round_.receipts.count()}
    response = render(request, "evaluation/ballot/receipt_check.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _tag(request: HttpRequest, year: int) -> str | None:
    root = rounds_with_receipts().filter(year=year).values_list("receipts_root", flat=True).first()
    return f'"{root}"' if root else None


@login_not_required
@require_safe
@condition(etag_func=_tag)
def receipt_list(request: HttpRequest, year: int) -> HttpResponse:
    """The list as a file: one hash a line, sorted."""
    round_ = _round(year)
    hashes = (bytes(value) for value in round_.receipts.values_list("hash", flat=True).iterator(chunk_size=5_000))
    response = HttpResponse(receipts.published_list(hashes), content_type="text/plain; charset=us-ascii")
    response["Content-Disposition"] = f'attachment; filename="receipts-{year}.txt"'
    return response
