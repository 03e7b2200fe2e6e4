"""Addresses of the staff pages."""

from django.urls import path

from assessment import views

app_name = "assessment"
urlpatterns = [
    path("", views.assessment_latest, name="assessment-latest"),
    path("<int:year>/", views.assessment_list, name="assessment-list"),
    path("<int:year>/excel/", views.assessment_export, name="assessment-export"),
    path("<int:year>/departments/<int:pk>/", views.assessment_edit, name="assessment-edit"),
]
