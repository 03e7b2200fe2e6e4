"""The app's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from foundation import navigation
        from portal.selectors import visible_to

        navigation.register(
            navigation.NavItem(
                label=_("Ranking"),
                url_name="portal:ranking-latest",
                permission=lambda user: bool(visible_to(user)),
                icon="trophy",
                order=10,
                section="results",
            )
        )
        navigation.register(
            navigation.NavItem(
                label=_("Trend"),
                url_name="portal:trend",
                permission="results.view",
                icon="graph-up",
                order=20,
                section="results",
            )
        )
        navigation.register(
            navigation.NavItem(
                label=_("Reports"),
                url_name="portal:report-list",
                permission="reports.make",
                icon="file-earmark-spreadsheet",
                order=30,
                section="results",
            )
        )
