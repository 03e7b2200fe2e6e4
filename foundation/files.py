"""Stored files: kept under a random name with their fingerprint; every download is written down."""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from foundation import audit, crypto
from foundation.models import FileFetch, StoredFile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FileGone(Exception):
    """The file was erased, or what is stored does not match its fingerprint."""


def _path(file: StoredFile) -> str:
    return f"{file.pk.hex[:2]}/{file.pk.hex}"


def store(
    content: bytes,
    *,
    kind: str,
    name: str,
    content_type: str,
    permission: str,
    user: Any,
    year: int | None = None,
    encrypted: bool = False,
    meta: dict[str, Any] | None = None,
) -> StoredFile:
    """Keep bytes as a file that those with ``permission`` may fetch. ``encrypted`` for anything with personal data."""
    file = StoredFile(
        kind=kind,
        name=name[:200],
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        encrypted=encrypted,
        permission=permission,
        year=year,
        meta=meta or {},
        created_by=user,
    )
    body = crypto.encrypt(content, purpose=f"file:{file.pk}") if encrypted else content
    default_storage.save(_path(file), ContentFile(body))
    file.save(force_insert=True)
    return file


def read(file: StoredFile) -> bytes:
    """The file's content, checked against its fingerprint. Raises FileGone."""
    if file.erased_at:
        raise FileGone(file.name)
    try:
        with default_storage.open(_path(file)) as stream:
            body = stream.read()
    except FileNotFoundError:
        raise FileGone(file.name) from None
    try:
        content = crypto.decrypt(body, purpose=f"file:{file.pk}") if file.encrypted else body
    except crypto.DecryptionError:
        raise FileGone(file.name) from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise FileGone(file.name)
    return content


def as_found(file: StoredFile) -> bytes | None:
    """What lies where the file should be, whatever it is, to tell what became of it; None = nothing readable."""
    try:
        with default_storage.open(_path(file)) as stream:
            body = stream.read()
        return crypto.decrypt(body, purpose=f"file:{file.pk}") if file.encrypted else body
    except (FileNotFoundError, crypto.DecryptionError):
        return None


def fetch(file: StoredFile, *, user: Any) -> BytesIO:
    """Read a file for a person and write down that they took it. The caller has checked ``file.permission``.

    With ``audited`` in its ``meta`` the taking goes into the audit log as well.
    """
    content = read(file)
    with transaction.atomic():
        FileFetch.objects.create(file=file, user=user)
        if file.meta.get("audited"):
            after = {"sha256": file.sha256}
            audit.record(actor=user, action="file.fetch", subject=file, label=file.name, year=file.year, after=after)
    return BytesIO(content)


def erase(file: StoredFile) -> None:
    """Delete the content when the transaction commits; the row stays as evidence that it existed."""
    if file.erased_at is None:
        file.erased_at = timezone.now()
        file.save(update_fields=["erased_at"])
        transaction.on_commit(lambda: default_storage.delete(_path(file)))


def erase_made_before(when: datetime, *kinds: str) -> int:
    """Erase the files of these kinds that were made before a moment; returns how many."""
    count = 0
    for file in StoredFile.objects.filter(kind__in=kinds, created_at__lt=when, erased_at=None):
        erase(file)
        count += 1
    return count
