"""``manage.py import_evaluators FILE [--apply]``: a list of people for the registry."""

from __future__ import annotations

from accounts.models import User
from accounts.services import console
from evaluators.importing import KIND
from foundation.import_command import ImportCommand


class Command(ImportCommand):
    help = "Checks a list of people and prints what it would change in the registry; stores it with --apply."
    kind = KIND

    def actor(self) -> User:
        return console()
