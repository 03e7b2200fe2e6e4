"""XML read with expat, one event at a time: no document types, no entities, no depth, no endless tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from xml.parsers import expat

from foundation.tables import codes
from foundation.tables.findings import Unreadable, damaged

_DEPTH = 200
_TOKEN = 8 << 20  # expat holds an unfinished tag in memory and reads it again with every block

StartHandler = Callable[[str, dict[str, str]], None]
EndHandler = Callable[[str], None]
TextHandler = Callable[[str], None]


def parse(
    blocks: Iterable[bytes], start: StartHandler, end: EndHandler | None = None, text: TextHandler | None = None
) -> Iterable[None]:
    """Parse block by block; yields after every block, so that the caller can work off what the handlers collected.

    Names come without their namespace prefix: strict and transitional OOXML, prefixed or not, read alike. Raises
    Unreadable for anything malformed, and for a document type.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH:
            raise damaged("content")
        start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(name.rpartition(":")[2] if ":" in name else name)

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _no_doctype
    fed = 0
    try:
        for block in blocks:
            parser.Parse(block, False)
            fed += len(block)
            if fed - max(parser.CurrentByteIndex, 0) > _TOKEN:
                raise damaged("content")
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise damaged("content") from error
    yield


def _no_doctype(*_: object) -> None:
    raise Unreadable(codes.UNSAFE_XML)


def attribute(attributes: dict[str, str], name: str) -> str:
    """An attribute by its local name, empty where it is missing."""
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def is_true(value: str) -> bool:
    """An xsd:boolean that is on."""
    return value in ("1", "true", "on")


_REFERENCE = re.compile(r"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _character(number: int) -> str:
    return chr(number) if number < 0x110000 else "�"


def unescape(text: str) -> str:
    """Character references resolved, for text cut out of XML without a parser."""
    return _REFERENCE.sub(lambda m: _NAMED[m[3]] if m[3] else _character(int(m[1], 16) if m[1] else int(m[2])), text)


def unescape_office(text: str) -> str:
    """``_x000D_`` and its like, Excel's way to write characters that XML cannot hold."""
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    if re.search("[\ud800-\udbff][\udc00-\udfff]", plain):
        plain = plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return plain
