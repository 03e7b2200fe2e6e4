"""The app's registration with Django."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

STARTING_GROUPS = (
    ("party", "党群综合", "Party and general affairs"),
    ("economy", "经济管理", "Economic management"),
    ("enforcement", "执法监督", "Law enforcement and supervision"),
    ("service", "社会服务", "Social services"),
    ("vertical", "垂直管理", "Vertically managed"),
)


def _install_groups(**kwargs: Any) -> None:
    """Give an empty database the five groups of the field; editable afterwards."""
    from departments.models import DepartmentGroup

    if not DepartmentGroup.objects.exists():
        DepartmentGroup.objects.bulk_create(
            DepartmentGroup(code=code, name=name, name_en=name_en, order=order)
            for order, (code, name, name_en) in enumerate(STARTING_GROUPS, start=1)
        )


class DepartmentsConfig(AppConfig):
    name = "departments"

    def ready(self) -> None:
        from departments.importing import KIND
        from foundation import imports

        imports.register(KIND)
        post_migrate.connect(_install_groups, sender=self)
        self._register_for_people()

    def _register_for_people(self) -> None:
        from accounts import scopes
        from accounts.models import ScopeKind
        from departments.models import Department, Sector
        from foundation import navigation

        scopes.register(ScopeKind.DEPARTMENT, lambda: Department.objects.values_list("code", "full_name"))
        scopes.register(ScopeKind.SECTOR, lambda: Sector.objects.values_list("code", "name"))
        navigation.register(
            navigation.NavItem(
                label=_("Departments"),
                url_name="departments:department-list",
                permission="departments.view",
                icon="buildings",
                order=10,
                section="registry",
            )
        )
