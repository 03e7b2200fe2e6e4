"""``manage.py import_departments FILE [--year Y] [--apply]``: a list of departments with group and sector."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.models import User
from accounts.services import console
from departments.importing import KIND
from foundation.import_command import ImportCommand


class Command(ImportCommand):
    help = "Checks a list of departments and prints what it would change; stores it with --apply."
    kind = KIND

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--year", type=int, help="the year whose groups the list gives (default: the newest round not frozen)"
        )

    def import_options(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"year": options["year"]} if options["year"] else {}

    def actor(self) -> User:
        return console()
