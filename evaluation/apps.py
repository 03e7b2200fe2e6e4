"""The app's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from departments import freezes, years
        from evaluation.commitments import states
        from evaluation.years import frozen_reason, open_year
        from evaluators import commitments
        from foundation import navigation

        freezes.register(frozen_reason)
        years.register_open_year(open_year)
        commitments.register(states)

        navigation.register(
            navigation.NavItem(
                label=_("Rounds"),
                url_name="evaluation:round-list",
                permission="round.view",
                icon="calendar",
                order=10,
                section="evaluation",
            )
        )
        navigation.register(
            navigation.NavItem(
                label=_("Returns"),
                url_name="evaluation:return-rounds",
                permission="returns.view",
                icon="envelope-check",
                order=20,
                section="evaluation",
            )
        )
