"""``manage.py open_round ROUND [--at now]``: let ballots come in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from evaluation.services import open_round


class Command(RoundCommand):
    help = "Opens a drawn round; ballots are taken from its opening time on."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--at", default="", metavar="TIME", help="another opening time: now, or 2008-11-24T08:00")

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            open_round(actor=console(), round=evaluation, at=_moment(options["at"]))
        moment = date_format(timezone.localtime(evaluation.opens_at), "DATETIME_FORMAT") if evaluation.opens_at else ""
        self.stdout.write(_("Open: %(year)s, from %(moment)s") % {"year": evaluation.year, "moment": moment})


def _moment(text: str) -> datetime | None:
    """What ``--at`` means; None when it is not given. Raises CommandError for anything but a time."""
    if not text:
        return None
    if text == "now":
        return timezone.now()
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(_("“%(text)s” is no time; write now, or 2008-11-24T08:00.") % {"text": text})
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
