"""The app's registration with Django (its commands and catalogue of shared texts)."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
