"""Large type and high contrast (适老化), kept in a cookie, switched by a form that needs no JavaScript."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE = "large_type"
COOKIE_AGE = 365 * 24 * 3600


def is_large(request: HttpRequest) -> bool:
    """True if this browser asked for large type."""
    return request.COOKIES.get(COOKIE) == "1"


@login_not_required
@require_POST
def set_display(request: HttpRequest) -> HttpResponse:
    """Switch large type on (``large=1``) or off and go back to ``next`` (an address of this site)."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    if request.POST.get("large") == "1":
        response.set_cookie(COOKIE, "1", max_age=COOKIE_AGE, httponly=True, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
