"""Addresses of the staff pages of results."""

from django.urls import path

from scoring.views import bundles, comparing, explaining, quality, runs, sensitivity, whatif

app_name = "scoring"
urlpatterns = [
    path("<int:year>/", runs.run_list, name="run-list"),
    path("<int:year>/score/", runs.round_score, name="round-score"),
    path("<int:year>/publish/", runs.round_publish, name="round-publish"),
    path("<int:year>/withdraw/", runs.round_withdraw, name="round-withdraw"),
    path("<int:year>/public-bundle/", bundles.bundle_release, name="bundle-release"),
    path("<int:year>/audit-bundle/", bundles.bundle_audit, name="bundle-audit"),
    path("<int:year>/audit-bundle/make/", bundles.bundle_audit_make, name="bundle-audit-make"),
    path("<int:year>/compare/", comparing.run_compare, name="run-compare"),
    path("<int:year>/runs/<uuid:pk>/", runs.run_detail, name="run-detail"),
    path("<int:year>/runs/<uuid:pk>/quality/", quality.run_quality, name="run-quality"),
    path("<int:year>/quality/", quality.quality_latest, name="quality-latest"),
    path("<int:year>/quality/make/", quality.quality_start, name="quality-start"),
    path("<int:year>/quality/<str:stratum>/<str:finding>/exclude/", quality.ballots_exclude, name="ballots-exclude"),
    path("<int:year>/quality/<str:stratum>/<str:finding>/readmit/", quality.ballots_readmit, name="ballots-readmit"),
    path("<int:year>/runs/<uuid:pk>/what-if/", whatif.run_what_if, name="run-what-if"),
    path("<int:year>/runs/<uuid:pk>/what-if/unlock/", whatif.unlock_request, name="run-unlock-request"),
    path("<int:year>/runs/<uuid:pk>/what-if/unlock/<int:unlock>/", whatif.unlock_grant, name="run-unlock-grant"),
    path("<int:year>/runs/<uuid:pk>/sensitivity/", sensitivity.run_sensitivity, name="run-sensitivity"),
    path("<int:year>/runs/<uuid:pk>/departments/<str:code>/explain/", explaining.run_explain, name="run-explain"),
]
