"""Addresses of the staff pages of the registry."""

from django.urls import path

from evaluators import views

app_name = "evaluators"
urlpatterns = [
    path("", views.evaluator_list, name="evaluator-list"),
    path("new/", views.evaluator_create, name="evaluator-create"),
    path("p/<int:pk>/", views.evaluator_detail, name="evaluator-detail"),
    path("p/<int:pk>/contact/", views.contact_start, name="contact-start"),
    path("p/<int:pk>/edit/", views.evaluator_edit, name="evaluator-edit"),
    path("p/<int:pk>/status/", views.status_start, name="status-start"),
    path("units/", views.unit_list, name="unit-list"),
    path("strata/", views.stratum_list, name="stratum-list"),
    path("strata/new/", views.stratum_create, name="stratum-create"),
    path("strata/<int:pk>/", views.stratum_edit, name="stratum-edit"),
]
