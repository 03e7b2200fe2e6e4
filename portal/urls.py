"""Addresses of what people look at."""

from django.urls import path

from portal.views import reports, results

app_name = "portal"
urlpatterns = [
    path("", results.ranking_latest, name="ranking-latest"),
    path("<int:year>/", results.ranking, name="ranking"),
    path("departments/<str:code>/", results.department, name="department"),
    path("reports/", reports.report_list, name="report-list"),
    path("reports/<int:year>/workbook/", reports.workbook_make, name="workbook-make"),
    path("trend/", results.trend, name="trend"),
]
