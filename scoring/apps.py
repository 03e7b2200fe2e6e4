"""The app's registration with Django."""

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    name = "scoring"

    def ready(self) -> None:
        from evaluation import baselines
        from scoring.baselines import offer

        baselines.register(offer)
