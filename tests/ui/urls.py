"""The site's addresses, the page of all components, and pages that go wrong on purpose."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as site
from foundation.errors import Conflict, TooManyRequests
from foundation.styleguide import styleguide

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@login_not_required
def go_wrong(request: HttpRequest, how: str) -> HttpResponse:
    """Raise what a view or service would raise."""
    if how == "conflict":
        raise Conflict("方案已锁定。", remedy="查看锁定后的方案。", url="/rounds/", url_label="查看方案")
    if how == "often":
        raise TooManyRequests(retry_after=61)
    if how == "bad":
        raise BadRequest
    if how == "denied":
        raise PermissionDenied
    raise RuntimeError("电话 13900000000")


def members_only(request: HttpRequest) -> HttpResponse:
    """A page that needs a login."""
    return HttpResponse("inside")


urlpatterns = [
    path("styleguide/", styleguide, name="styleguide"),
    path("wrong/<slug:how>/", go_wrong),
    path("inside/", members_only),
    *site,
]
