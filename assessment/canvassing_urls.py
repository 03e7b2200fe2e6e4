"""Addresses of the reports of canvassing: two public ones, outside the path of the ballot's cookie, and the staff's."""

from django.urls import path

from assessment.canvassing import public_views, views

app_name = "canvassing"
urlpatterns = [
    path("", public_views.report_create, name="report-create"),
    path("state/", public_views.report_look_up, name="report-look-up"),
    path("reports/", views.report_list, name="report-list"),
    path("reports/<int:pk>/", views.report_detail, name="report-detail"),
    path("reports/<int:pk>/take-up/", views.report_take_up, name="report-take-up"),
    path("reports/<int:pk>/department/", views.report_assign, name="report-assign"),
    path("reports/<int:pk>/propose/", views.report_propose, name="report-propose"),
    path("reports/<int:pk>/back/", views.report_send_back, name="report-send-back"),
    path("reports/<int:pk>/confirm/", views.report_confirm, name="report-confirm"),
]
