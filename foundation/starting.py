"""Starting a job from a page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from foundation import jobs


def start_job(
    request: HttpRequest,
    kind: str,
    *,
    params: dict[str, Any],
    exclusive_key: str,
    back_url: str,
    done_url: str = "",
    permission: str = "",
) -> HttpResponse:
    """Order a job for whoever asks, and lead to its progress; the rest is as in ``jobs.enqueue``.

    ``params`` get the asking user's key as ``user_id``. Without ``done_url`` the end leads back, too.
    """
    job = jobs.enqueue(
        kind,
        params={**params, "user_id": request.user.pk},
        user=request.user,
        permission=permission,
        exclusive_key=exclusive_key,
        done_url=done_url or back_url,
        back_url=back_url,
    )
    return redirect("foundation:job-detail", pk=job.pk)
