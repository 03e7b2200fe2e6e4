"""A small demo city shared by the tests of a module: built once, in a transaction that is rolled back at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from config.demo.city import City, build

SEED, SCALE = 2008, 1 / 40


@contextmanager
def small_city(django_db_blocker: Any, *, seed: int = SEED, scale: float = SCALE) -> Iterator[City]:
    """The city; everything inside sees it, nothing afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build(seed=seed, scale=scale, tell=lambda line: None)
        transaction.set_rollback(True)
