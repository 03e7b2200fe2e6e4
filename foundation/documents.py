"""Documents as PDF: the one module that makes them. Typst sets a template of ``templates/documents`` with JSON data.

A template holds the layout and no words: its data bring every sentence, translated, as plain text (a string of the data
is never read as markup). What comes out is PDF/A-2a and PDF/UA-1: tagged, fonts embedded, and refused by the compiler
itself where a character has no glyph. The same template, data and moment give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

PDF = "application/pdf"
#: Letters in one call: a process that sets batch after batch of them stays below some 340 MB.
BATCH = 100
#: Stands for a character that no font has: the printers' mark for a missing type, never an empty box.
GETA = "〓"
FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Noto Sans Mono CJK SC")
DEBIAN_PACKAGE = "fonts-noto-cjk"
_UNDISPLAYED = re.compile(r'the text `"(.*)"` could not be displayed', re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
#: Signs that mean something on one machine only; old registers hold rare characters of names as such.
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_PROBE = b'#set document(title: "probe")\n#set text(fallback: false)\n' + b"".join(
    f'#text(font: "{family}", json("data.json"))\n'.encode() for family in FONTS
)


class FontsMissing(Exception):
    """The machine lacks the Chinese fonts; the message names the Debian package that brings them."""


@dataclass(frozen=True)
class Document:
    """A PDF. ``missing``: characters that no font has; each is printed as 〓, to be written in by hand."""

    content: bytes = field(repr=False)
    missing: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)


def require_fonts() -> None:
    """Raise FontsMissing unless every family that the templates use is installed."""
    families = set(_fonts().families())
    absent = [family for family in FONTS if family not in families]
    if absent:
        # The next call looks again: the package can be installed while the worker runs.
        _fonts.cache_clear()
        raise FontsMissing(
            _("The fonts %(fonts)s are not installed on the server. On Debian, install the package %(package)s.")
            % {"fonts": ", ".join(absent), "package": DEBIAN_PACKAGE}
        )


@sensitive_variables()
def make_pdf(template: str, data: Mapping[str, Any], *, title: str, at: datetime) -> Document:
    """Set ``templates/documents/<template>.typ`` with ``data`` (JSON values; read there as ``json("data.json")``).

    Args:
        template: name without ``.typ``.
        data: what to print; ``title`` and ``lang`` are added. At most some `BATCH` letters at once.
        title: of the document, shown by readers and read out.
        at: the moment written into the file; with it the bytes are the same each time.

    Raises FontsMissing, FileNotFoundError (no such template), ValueError (a mistake in the template or its data).
    """
    require_fonts()
    language = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    whole = _mapped({**data, "title": title, "lang": language}, lambda text: _CONTROL.sub("", text))
    missing = {sign for text in _strings(whole) for sign in _PRIVATE.findall(text)}
    sources = _sources(template)
    try:
        return Document(_compile(sources, _replace(whole, missing), at), tuple(sorted(missing)))
    except typst.TypstError as error:
        if not _UNDISPLAYED.search(str(error)):
            raise ValueError(f"{template}.typ: {error}") from None
    missing.update(undisplayable(_strings(_replace(whole, missing))))
    try:
        return Document(_compile(sources, _replace(whole, missing), at), tuple(sorted(missing)))
    except typst.TypstError as error:
        raise ValueError(f"{template}.typ: {error}") from None


def undisplayable(texts: Iterable[str]) -> tuple[str, ...]:
    """The characters of these texts that one of the fonts does not have, sorted. Bounded by their number."""
    left = sorted({character for text in texts for character in text if character.isprintable()})
    found: list[str] = []
    while left:
        try:
            _compile({"main.typ": _PROBE}, "".join(left), None)
            break
        except typst.TypstError as error:
            named = _UNDISPLAYED.search(str(error))
            cluster = _unescape(named.group(1)) if named else ""
            bad = [character for character in left if character in cluster]
            if not bad:
                raise ValueError(str(error)) from None
            found += bad
            left = [character for character in left if character not in bad]
    return tuple(sorted(found))


def qr_svg(text: str) -> str:
    """A QR code as SVG for ``image(bytes(…), format: "svg")``: level Q, so that a stain or a crease does no harm."""
    buffer = BytesIO()
    segno.make(text, error="q", micro=False).save(buffer, kind="svg", border=4, xmldecl=False, svgns=True, nl=False)
    return buffer.getvalue().decode("ascii")


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "templates" / "documents"


def _sources(template: str) -> dict[str, bytes]:
    """The template as ``main.typ``, with the parts that templates share (names beginning with an underscore)."""
    if not re.fullmatch(r"[a-z][a-z_]*", template):
        raise ValueError(f"no name of a template: {template!r}")
    shared = {path.name: path.read_bytes() for path in sorted(_folder().glob("_*.typ"))}
    return {"main.typ": (_folder() / f"{template}.typ").read_bytes(), **shared}


@sensitive_variables()
def _compile(sources: Mapping[str, bytes], data: Any, at: datetime | None) -> bytes:
    # The stubs know files by path only.
    files: Any = {**sources, "data.json": json.dumps(data, ensure_ascii=False).encode()}
    return typst.compile(
        files,
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=["a-2a", "ua-1"],
        timestamp=int(at.timestamp()) if at else 0,
    )


def _replace(value: Any, characters: Iterable[str]) -> Any:
    table = {ord(character): GETA for character in characters}
    return _mapped(value, lambda text: text.translate(table))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """JSON values with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {str(key): _mapped(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, change) for item in value]
    return value


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _unescape(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda match: chr(int(match.group(1), 16)), text)
