"""Every address of the site. The ballot stands first: it is what 12,000 people meet."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from foundation.display import set_display
from portal.views.home import home

urlpatterns = [
    path("b/", include("evaluation.ballot_urls")),
    path("", home, name="home"),
    path("results/", include("portal.urls")),
    path("accounts/", include("accounts.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    path("display/", set_display, name="set_display"),
    path("jobs/", include("foundation.urls")),
    path("departments/", include("departments.urls")),
    path("evaluators/", include("evaluators.urls")),
    path("rounds/", include("evaluation.urls")),
    path("assessment/", include("assessment.urls")),
    path("canvassing/", include("assessment.canvassing_urls")),
    path("scoring/", include("scoring.urls")),
]

if settings.DEBUG:
    from foundation.styleguide import styleguide

    urlpatterns += [path("styleguide/", styleguide, name="styleguide")]

handler400 = "foundation.errors.bad_request"
handler403 = "foundation.errors.permission_denied"
handler404 = "foundation.errors.page_not_found"
handler500 = "foundation.errors.server_error"
