"""Addresses of jobs and stored files."""

from django.urls import path

from foundation import import_views, views

app_name = "foundation"
urlpatterns = [
    path("", views.job_list, name="job-list"),
    path("<uuid:pk>/", views.job_detail, name="job-detail"),
    path("<uuid:pk>/progress/", views.job_progress, name="job-progress"),
    path("<uuid:pk>/cancel/", views.job_cancel, name="job-cancel"),
    path("<uuid:pk>/retry/", views.job_retry, name="job-retry"),
    path("imports/<str:kind>/", import_views.upload, name="import-upload"),
    path("imports/<str:kind>/template/", import_views.template, name="import-template"),
    path("imports/<str:kind>/<uuid:pk>/", import_views.preview, name="import-preview"),
    path("imports/<str:kind>/<uuid:pk>/problems/", import_views.problem_rows, name="import-problems"),
    path("imports/<str:kind>/<uuid:pk>/result/", import_views.result, name="import-result"),
    path("files/<uuid:pk>/", views.file_download, name="file-download"),
    path("files/<uuid:pk>/about/", views.file_detail, name="file-detail"),
]
