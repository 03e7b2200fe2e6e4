"""Addresses of the staff pages of rounds."""

from django.urls.resolvers import URLPattern

app_name = "evaluation"
urlpatterns: list[URLPattern] = []
