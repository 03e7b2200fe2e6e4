"""The app's registration with Django (its commands and catalogue of shared texts)."""

from django.apps import AppConfig


def _demo_is_loaded() -> bool:
    from accounts.models import User

    return User.objects.filter(is_demo=True).exists()


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from foundation import context

        context.use_demo_check(_demo_is_loaded)
