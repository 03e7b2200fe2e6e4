"""`manage.py compilemessages`: compile the project's catalogues; needs no gettext (Django's own command does)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.catalogues import CatalogueError, compile_stale
from config.extraction import base_dir, locale_roots


class Command(BaseCommand):
    help = "Compiles each of the project's message catalogues (.po) whose compiled file (.mo) is missing or older."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="compile all, also those that are up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = compile_stale(locale_roots(), force=options["force"])
        except CatalogueError as error:
            raise CommandError(str(error)) from error
        for path in written:
            self.stdout.write(f"compiled {path.relative_to(base_dir())}")
