"""The app's registration with Django."""

from django.apps import AppConfig
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
