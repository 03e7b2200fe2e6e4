"""The app's registration with Django."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _install_roles(**kwargs: Any) -> None:
    from accounts.services import install_starting_roles

    install_starting_roles()


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.policies import may, may_somewhere
        from foundation import access, navigation

        post_migrate.connect(_install_roles, sender=self)
        access.install(may)
        navigation.use_policy(may_somewhere)
