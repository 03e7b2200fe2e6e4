"""The app's registration with Django."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class FoundationConfig(AppConfig):
    name = "foundation"

    def ready(self) -> None:
        # Web processes must know the kinds of jobs as well as the workers that run them.
        autodiscover_modules("tasks", "audit_labels")
