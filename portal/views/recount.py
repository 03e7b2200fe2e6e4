"""Recount this yourself: what a published result can be recounted from, in plain words, and what must come out."""

from __future__ import annotations

import logging

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.policies import may
from foundation import files
from portal import selectors
from portal.guards import reads_results
from scoring.program import NAME, program, program_sha256
from scoring.selectors import released_bundle

logger = logging.getLogger(__name__)
_GONE = 410


@require_GET
@reads_results
def recount(request: HttpRequest, year: int) -> HttpResponse:
    """How to recount a year's result, with the bundle where it was released to the reader."""
    publication = selectors.publication_of(year)
    if publication is None:
        raise Http404
    released = released_bundle(publication.run)
    context = {
        "publication": publication,
        "run": publication.run,
        "released": released,
        "bundle": released if released and selectors.may_take(request.user, released) else None,
        "program_name": NAME,
        "program_size": len(program()),
        "program_sha256": program_sha256(),
        "may_release": may(request.user, "round.publish"),
        "may_audit": may(request.user, "bundle.audit"),
    }
    return render(request, "portal/recount.html", context)


@require_GET
@never_cache
@reads_results
def bundle_download(request: HttpRequest, year: int) -> HttpResponseBase:
    """Hand out the released public bundle of the published run, and write down who took it."""
    publication = selectors.publication_of(year)
    file = released_bundle(publication.run) if publication else None
    if file is None or not selectors.may_take(request.user, file):
        raise Http404
    try:
        stream = files.fetch(file, user=request.user)
    except files.FileGone:
        logger.error("public bundle %s is missing or does not match its fingerprint", file.pk)
        return render(request, "foundation/file_gone.html", {"file": file}, status=_GONE)
    return FileResponse(stream, as_attachment=True, filename=file.name, content_type=file.content_type)


@require_GET
@reads_results
def program_download(request: HttpRequest) -> HttpResponse:
    """The recount as one file that Python runs."""
    response = HttpResponse(program(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{NAME}"'
    return response
