"""Addresses of the staff pages of results."""

from django.urls import path

from scoring import views

app_name = "scoring"
urlpatterns = [
    path("<int:year>/", views.run_list, name="run-list"),
    path("<int:year>/score/", views.round_score, name="round-score"),
    path("<int:year>/publish/", views.round_publish, name="round-publish"),
    path("<int:year>/withdraw/", views.round_withdraw, name="round-withdraw"),
    path("<int:year>/runs/<uuid:pk>/", views.run_detail, name="run-detail"),
]
