"""Parts of pages that are rendered once: a part is kept under what it shows, so that it can never be out of date.

Published runs never change, but names, languages and readers do. Whatever a part shows goes into its stamp; the part is
rendered again as soon as any of it is another. Kept in each process's memory: a new release starts with nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.utils.translation import get_language

from portal.selectors import RankedGroup


def stamp(*parts: object) -> str:
    """The key of a part of a page: the same only for the same language and equal representations of all it shows."""
    shown = "\x1f".join([get_language() or "", *(repr(part) for part in parts)])
    return hashlib.sha256(shown.encode()).hexdigest()


def ranking_shown(groups: Sequence[RankedGroup]) -> list[object]:
    """What parts made of ranked groups show: scores by key (they never change), the rest by value."""
    return [
        (group.code, group.name, [(row.score.pk, str(row.score.department), row.change) for row in group.rows])
        for group in groups
    ]
