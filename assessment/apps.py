"""The app's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentConfig(AppConfig):
    name = "assessment"

    def ready(self) -> None:
        from assessment.importing import KIND
        from foundation import imports, navigation

        imports.register(KIND)
        navigation.register(
            navigation.NavItem(
                label=_("Assessment"),
                url_name="assessment:assessment-latest",
                permission="assessment.view",
                icon="clipboard-check",
                order=30,
                section="evaluation",
            )
        )
