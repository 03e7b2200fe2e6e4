"""The app's registration with Django."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


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
        for label, url_name, permission, icon, order in (
            (_("Accounts"), "accounts:user-list", "accounts.manage", "people", 10),
            (_("Roles"), "accounts:role-list", "accounts.manage", "person-badge", 20),
            (_("Audit log"), "accounts:audit-list", "audit.view", "journal-check", 30),
        ):
            navigation.register(
                navigation.NavItem(
                    label=label,
                    url_name=url_name,
                    permission=permission,
                    icon=icon,
                    order=order,
                    section="administration",
                )
            )
