"""``manage.py issue_codes ROUND --out FILE``: make the missing ballot codes, write their list to a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from evaluation.services.codes import issue_codes
from foundation import files


class Command(RoundCommand):
    help = (
        "Makes ballot codes for everybody drawn who has none, and writes the list (xlsx) to FILE, readable by its "
        "owner only. The codes are kept nowhere else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--out", required=True, metavar="FILE", help="where to write the list; must not exist")
        parser.add_argument("--base-url", default="", metavar="URL", help="put before the links: https://host")

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        path = Path(options["out"])
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(
                _("%(path)s cannot be written: %(reason)s") % {"path": path, "reason": error.strerror}
            ) from error
        try:
            with os.fdopen(descriptor, "wb") as stream, self.one_line_refusals(), transaction.atomic():
                issued = issue_codes(
                    actor=console(),
                    round=evaluation,
                    base_url=options["base_url"],
                    progress=self.progress(options),
                )
                stream.write(files.read(issued.file))
                stream.flush()
                os.fsync(stream.fileno())
                files.erase(issued.file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self.stdout.write(_("%(count)s codes: %(path)s") % {"count": issued.count, "path": path})
