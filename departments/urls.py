"""Addresses of the staff pages of departments."""

from django.urls import path

from departments.views import classes, departments, years

app_name = "departments"
urlpatterns = [
    path("", departments.department_list, name="department-list"),
    path("<int:year>/export/", departments.department_export, name="department-export"),
    path("new/", departments.department_create, name="department-create"),
    path("d/<int:pk>/", years.department_detail, name="department-detail"),
    path("d/<int:pk>/edit/", departments.department_edit, name="department-edit"),
    path("d/<int:pk>/deactivate/", departments.department_deactivate, name="department-deactivate"),
    path("d/<int:pk>/activate/", departments.activate_start, name="activate-start"),
    path("d/<int:pk>/year/", years.year_start, name="year-start"),
    path("d/<int:pk>/lineage/", years.lineage_start, name="lineage-start"),
    path("lineage/<int:pk>/remove/", years.lineage_end_start, name="lineage-end-start"),
    path("groups/", classes.group_list, name="group-list"),
    path("groups/new/", classes.group_create, name="group-create"),
    path("groups/<int:pk>/", classes.group_edit, name="group-edit"),
    path("groups/<int:pk>/delete/", classes.group_delete, name="group-delete"),
    path("sectors/", classes.sector_list, name="sector-list"),
    path("sectors/new/", classes.sector_create, name="sector-create"),
    path("sectors/<int:pk>/", classes.sector_edit, name="sector-edit"),
    path("sectors/<int:pk>/delete/", classes.sector_delete, name="sector-delete"),
]
