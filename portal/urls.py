"""Addresses of what people look at."""

from django.urls import path

from portal.views import explaining, recount, reports, results

app_name = "portal"
urlpatterns = [
    path("", results.ranking_latest, name="ranking-latest"),
    path("<int:year>/", results.ranking, name="ranking"),
    path("<int:year>/recount/", recount.recount, name="recount"),
    path("<int:year>/bundle/", recount.bundle_download, name="bundle-download"),
    path("recount.pyz", recount.program_download, name="program-download"),
    path("departments/<str:code>/", results.department, name="department"),
    path("<int:year>/departments/<str:code>/explain/", explaining.department_explain, name="department-explain"),
    path("reports/", reports.report_list, name="report-list"),
    path("reports/<int:year>/workbook/", reports.workbook_make, name="workbook-make"),
    path("trend/", results.trend, name="trend"),
]
