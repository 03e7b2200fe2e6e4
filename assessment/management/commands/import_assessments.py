"""``manage.py import_assessments FILE --year Y [--apply]``: a year's assessment of the departments."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.models import User
from accounts.services import console
from assessment.importing import KIND
from foundation.import_command import ImportCommand


class Command(ImportCommand):
    help = "Checks a year's assessment and prints what it would change; stores it with --apply."
    kind = KIND

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, required=True, help="the year that the list is about")

    def import_options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"year": options["year"]}

    def actor(self) -> User:
        return console()
