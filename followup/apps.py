"""The app's registration with Django."""

from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "followup"
