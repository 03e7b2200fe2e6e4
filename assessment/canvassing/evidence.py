"""A file that a reporter attaches: picture, PDF or recording; judged by its first bytes, not its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_BYTES = 10 * 2**20
ACCEPT = ".jpg,.jpeg,.png,.pdf,.mp3,.m4a,.mp4"


@dataclass(frozen=True)
class Evidence:
    """The bytes, and what they are. The name that the reporter's device gave is not kept: it may tell who it is."""

    content: bytes = field(repr=False)
    content_type: str
    ending: str


def _kind(content: bytes) -> tuple[str, str] | None:
    """Content type and ending by the file's signature."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", "png"
    if content.startswith(b"%PDF-"):
        return "application/pdf", "pdf"
    if content.startswith(b"ID3") or content[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "audio/mpeg", "mp3"
    if content[4:8] == b"ftyp":
        return ("audio/mp4", "m4a") if content[8:11] == b"M4A" else ("video/mp4", "mp4")
    return None


def read_evidence(upload: Any) -> Evidence:
    """The uploaded file. Raises ValidationError (empty, too large, of another kind)."""
    if upload.size > MOST_BYTES:
        raise ValidationError(_("The file is larger than %(most)s MB.") % {"most": MOST_BYTES // 2**20})
    content = upload.read()
    kind = _kind(content)
    if kind is None:
        raise ValidationError(_("The file is none of these: JPEG or PNG picture, PDF, MP3, M4A or MP4 recording."))
    return Evidence(content, *kind)
