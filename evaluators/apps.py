"""The app's registration with Django."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

STARTING_STRATA = (
    ("leaders", "市领导", "City leaders"),
    ("npc", "人大代表", "People's congress deputies"),
    ("cppcc", "政协委员", "CPPCC members"),
    ("party", "党代表", "Party congress delegates"),
    ("districts", "区县机关", "District and county offices"),
    ("stations", "基层站所", "Grassroots stations"),
    ("enterprises", "企业管理人员", "Enterprise managers"),
    ("associations", "行业协会", "Trade associations"),
    ("residents", "社区居民", "Community residents"),
    ("media", "新闻媒体", "News media"),
)


def _install_strata(**kwargs: Any) -> None:
    """Give an empty database the ten strata of the field; editable afterwards."""
    from evaluators.models import Stratum

    if not Stratum.objects.exists():
        Stratum.objects.bulk_create(
            Stratum(code=code, name=name, name_en=name_en, order=order)
            for order, (code, name, name_en) in enumerate(STARTING_STRATA, start=1)
        )


class EvaluatorsConfig(AppConfig):
    name = "evaluators"

    def ready(self) -> None:
        from evaluators import confirming, importing
        from foundation import imports

        imports.register(importing.KIND)
        imports.register(confirming.KIND)
        post_migrate.connect(_install_strata, sender=self)
        self._register_for_people()

    def _register_for_people(self) -> None:
        from accounts import scopes
        from accounts.models import ScopeKind
        from evaluators.models import Stratum
        from evaluators.selectors import units_with_contact
        from foundation import navigation

        scopes.register(ScopeKind.STRATUM, lambda: Stratum.objects.values_list("code", "name"))
        scopes.register(ScopeKind.UNIT, units_with_contact)
        navigation.register(
            navigation.NavItem(
                label=_("Register of evaluators"),
                url_name="evaluators:evaluator-list",
                permission="registry.view",
                icon="people",
                order=20,
                section="registry",
            )
        )
