"""``manage.py demo``: build the fictional city with its seven past rounds and one under way."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import demo_hints
from config.demo.city import build
from evaluation.models import Round
from evaluators.models import Evaluator


def _scale(text: str) -> float:
    """A number or a fraction: 0.05 and 1/20 are the same."""
    try:
        above, _slash, below = text.partition("/")
        value = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise ArgumentTypeError(f"{text!r} is neither a number nor a fraction such as 1/20") from None
    if not 0 < value <= 20:
        raise ArgumentTypeError("the scale lies above 0 and at most at 20")
    return value


class Command(BaseCommand):
    help = "Builds the demo city (fictional, generated from a seed) in an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=_scale, default=1.0, metavar="S", help="multiplies everything, e.g. 1/20")
        parser.add_argument("--seed", type=int, default=2008, help="same seed, same city (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ALLOWED:
            raise CommandError("this deployment allows no demo data (DEMO_ALLOWED)")
        if Round.objects.exists() or Evaluator.objects.exists():
            raise CommandError(
                "the database holds data already; the demo city is only built in an empty one "
                "(give it a place of its own: DATA_DIR or DATABASE_URL)"
            )
        city = build(seed=options["seed"], scale=options["scale"], tell=self.stdout.write)
        total = sum(city.seconds.values())
        for part, seconds in sorted(city.seconds.items(), key=lambda item: -item[1]):
            self.stdout.write(f"  {seconds:6.1f} s  {part}")
        self.stdout.write(f"  {total:6.1f} s  in all")
        for line in demo_hints.lines():
            self.stdout.write(line)
