"""What evaluators meet: from the link in the letter to the thank-you page."""

from django.urls.resolvers import URLPattern

app_name = "ballot"
urlpatterns: list[URLPattern] = []
