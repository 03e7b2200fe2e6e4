"""Who may see a job or fetch a file.

``foundation`` knows no roles: the app above it (accounts) installs the check when it starts. Without one nobody passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundation.models import Job, StoredFile

_holds: list[Callable[[Any, str], bool]] = []


def install(check: Callable[[Any, str], bool]) -> None:
    """Give the function that says whether a user holds a permission."""
    _holds[:] = [check]


def holds(user: Any, permission: str) -> bool:
    """True if the user holds the permission; false without a user, a permission or an installed check."""
    return bool(permission and _holds and user is not None and user.is_authenticated and _holds[0](user, permission))


def may_see_job(user: Any, row: Job) -> bool:
    """Its owner, and those who hold the permission it names."""
    return row.created_by_id == user.pk or holds(user, row.permission)


def may_steer_job(user: Any, row: Job) -> bool:
    """Stop it or send it again: only its owner, while he or she holds the permission it names."""
    return row.created_by_id == user.pk and (not row.permission or holds(user, row.permission))


def may_fetch(user: Any, file: StoredFile) -> bool:
    """Only those who hold the file's permission now, and any that its ``meta`` also needs; its maker included."""
    return all(holds(user, one) for one in (file.permission, *file.meta.get("also_needs", ())))
