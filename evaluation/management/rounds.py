"""What the commands on rounds share: a round by its year, progress on standard error, one-line refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from evaluation.models import Round
from evaluation.refusals import Refused
from evaluation.selectors import round_of
from foundation.jobs import SilentProgress


class RoundCommand(BaseCommand):
    """A command on the round of a year, ``ROUND``."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("round", type=int, metavar="ROUND", help="the year of the round")

    def round(self, options: dict[str, Any]) -> Round:
        """The round meant. Raises CommandError if the year has none."""
        found = round_of(options["round"])
        if found is None:
            raise CommandError(_("There is no round of %(year)s.") % {"year": options["round"]})
        return found

    def progress(self, options: dict[str, Any]) -> SilentProgress:
        """Progress shown on a terminal, silent elsewhere."""
        if options["verbosity"] < 1 or not self.stderr.isatty():
            return SilentProgress()

        def tell(done: int, total: int, message: str) -> None:
            self.stderr.write(f"\r{message} {done}/{total}", ending="\n" if done >= total else "")

        return SilentProgress(tell)

    @contextmanager
    def one_line_refusals(self) -> Iterator[None]:
        """Turn what a service refuses into one line on standard error and exit status 1."""
        try:
            yield
        except Refused as refusal:
            raise CommandError(refusal.line) from refusal
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
