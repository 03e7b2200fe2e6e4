"""The app's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AssessmentConfig(AppConfig):
    name = "assessment"

    def ready(self) -> None:
        from assessment.importing import KIND
        from foundation import imports, navigation

        imports.register(KIND)
        navigation.register(
            navigation.NavItem(
                label=pgettext_lazy("work of the lead units", "Assessment"),
                url_name="assessment:assessment-latest",
                permission="assessment.view",
                icon="clipboard-check",
                order=30,
                section="evaluation",
            )
        )
        navigation.register(
            navigation.NavItem(
                label=_("Reports of canvassing"),
                url_name="canvassing:report-list",
                permission="canvassing.view",
                icon="megaphone",
                order=35,
                section="evaluation",
            )
        )
