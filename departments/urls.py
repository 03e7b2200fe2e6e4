"""Addresses of the staff pages of departments."""

from django.urls import path

from departments import views

app_name = "departments"
urlpatterns = [
    path("", views.department_list, name="department-list"),
    path("<int:year>/export/", views.department_export, name="department-export"),
    path("new/", views.department_create, name="department-create"),
    path("d/<int:pk>/", views.department_detail, name="department-detail"),
    path("d/<int:pk>/edit/", views.department_edit, name="department-edit"),
    path("d/<int:pk>/year/", views.year_start, name="year-start"),
    path("d/<int:pk>/lineage/", views.lineage_start, name="lineage-start"),
    path("lineage/<int:pk>/remove/", views.lineage_end_start, name="lineage-end-start"),
]
