"""What the import commands share: one JSON object on standard output, and an exit status that says how it went."""

from __future__ import annotations

import hashlib
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext

from foundation import imports
from foundation.jobs import SilentProgress
from foundation.tables import ImportResult
from foundation.tables.findings import UNREADABLE


class ImportCommand(BaseCommand):
    """Subclasses name the ``kind`` and who acts.

    Exit status: 0 clean, 1 with problems, 2 unreadable. Without ``--apply`` nothing is stored; with problems
    ``--apply`` stores nothing either, unless ``--skip-problem-rows``.
    """

    kind: imports.ImportKind

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="Excel (.xlsx, .xls) or CSV")
        parser.add_argument("--apply", action="store_true", help="store what the list says")
        parser.add_argument(
            "--skip-problem-rows", action="store_true", help="with --apply: store the other rows all the same"
        )
        self.add_options(parser)

    def add_options(self, parser: ArgumentParser) -> None:
        """Options of the kind's own."""

    def import_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """The kind's options from the command line."""
        return {}

    def actor(self) -> Any:
        """Who the import is audited as."""
        raise TypeError("a subclass says who acts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            self.stderr.write(f"{options['file']}: {error.strerror}")
            sys.exit(UNREADABLE)
        result = self._run(content, options)
        self.stdout.write(json.dumps(result.to_dict(gettext), ensure_ascii=False, indent=1))
        if result.exit_code:
            sys.exit(result.exit_code)

    def _run(self, content: bytes, options: dict[str, Any]) -> ImportResult:
        own = self.import_options(options)
        if not options["apply"]:
            return imports.preview(self.kind, content, own).result
        return imports.apply(
            self.kind,
            content,
            own,
            actor=self.actor(),
            fingerprint=hashlib.sha256(content).hexdigest(),
            skip_problem_rows=options["skip_problem_rows"],
            progress=SilentProgress(),
        ).result
