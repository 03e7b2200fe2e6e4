"""Addresses of the staff pages of the registry."""

from django.urls import path

from evaluators.views import bulk, classes, confirmation, duplicates, export, people, retention

app_name = "evaluators"
urlpatterns = [
    path("", people.evaluator_list, name="evaluator-list"),
    path("new/", people.evaluator_create, name="evaluator-create"),
    path("p/<int:pk>/", people.evaluator_detail, name="evaluator-detail"),
    path("p/<int:pk>/contact/", people.contact_start, name="contact-start"),
    path("p/<int:pk>/edit/", people.evaluator_edit, name="evaluator-edit"),
    path("p/<int:pk>/status/", people.status_start, name="status-start"),
    path("export/", export.export, name="export"),
    path("bulk/", bulk.bulk_list, name="bulk-list"),
    path("bulk/<int:pk>/", bulk.bulk_detail, name="bulk-detail"),
    path("confirmation/", confirmation.confirmation_list, name="confirmation-list"),
    path("confirmation/sheets/", confirmation.sheets_start, name="confirmation-sheets-start"),
    path("duplicates/", duplicates.duplicate_list, name="duplicate-list"),
    path("duplicates/find/", duplicates.duplicate_start, name="duplicate-start"),
    path("duplicates/<int:pk>/", duplicates.duplicate_pair, name="duplicate-pair"),
    path("merges/<int:pk>/undo/", duplicates.merge_undo, name="merge-undo"),
    path("p/<int:pk>/hold/", retention.hold_create, name="evaluator-hold"),
    path("retention/", retention.retention_page, name="retention"),
    path("retention/update/", retention.announce_start, name="retention-start"),
    path("retention/report/", retention.report_start, name="retention-report-start"),
    path("retention/holds/<int:pk>/release/", retention.release_start, name="retention-release-start"),
    path("units/", classes.unit_list, name="unit-list"),
    path("units/new/", classes.unit_create, name="unit-create"),
    path("units/<int:pk>/", classes.unit_detail, name="unit-detail"),
    path("units/<int:pk>/edit/", classes.unit_edit, name="unit-edit"),
    path("strata/", classes.stratum_list, name="stratum-list"),
    path("strata/new/", classes.stratum_create, name="stratum-create"),
    path("strata/<int:pk>/", classes.stratum_edit, name="stratum-edit"),
]
