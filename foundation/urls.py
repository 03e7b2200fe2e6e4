"""Addresses of jobs and stored files."""

from django.urls import path

from foundation import views

app_name = "foundation"
urlpatterns = [
    path("", views.job_list, name="job-list"),
    path("<uuid:pk>/", views.job_detail, name="job-detail"),
    path("<uuid:pk>/progress/", views.job_progress, name="job-progress"),
    path("<uuid:pk>/cancel/", views.job_cancel, name="job-cancel"),
    path("files/<uuid:pk>/", views.file_download, name="file-download"),
]
