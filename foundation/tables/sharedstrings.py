"""The shared strings of a workbook, fast where the XML is the usual, exact where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from foundation.tables import codes
from foundation.tables.findings import Unreadable
from foundation.tables.raw import LONGEST_CELL, Limits
from foundation.tables.xmlevents import parse, unescape, unescape_office

Blocks = Callable[[], Iterator[bytes]]

_ITEM = re.compile(r'<si>(?:<t(?: xml:space="preserve")?>([^<]*)</t>|([^<]*+(?:<(?!si[ >/]|/si>)[^<]*+)*+))</si>|<si/>')
_PHONETIC = re.compile(r"<rPh[ >][^<]*+(?:<(?!/?rPh)[^<]*+)*+</rPh>")
_TEXT = re.compile(r"<t(?:\s[^>]*)?(?<!/)>([^<]*)</t>")
_ROOT = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*(?:<\?xml\b[^>]*?(?:encoding\s*=\s*["']([\w-]+)["'][^>]*)?\?>)?\s*<(\w+:)?[a-zA-Z]+[\s/>]"""
)
_ROOT_WITHIN = 1024  # bytes from the start
_CARRY = 32 << 20  # nothing that the usual programs write goes on so long without a cut


class NotUsual(Exception):
    """The XML is not written as the usual programs write it: the exact parser has to read it."""


def text_of(text: str) -> str:
    """A text cut out of XML, its escapes resolved."""
    if "&" in text:
        if _unknown_reference(text):
            raise NotUsual
        text = unescape(text)
    if "\r" in text:  # XML reads every line end as \n
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unescape_office(text)


def rich_text(xml: str) -> str:
    """The text of a rich string's runs; its pinyin is no part of it."""
    if "<rPh" in xml:
        xml = _PHONETIC.sub("", xml)
        if "<rPh" in xml:
            raise NotUsual
    parts = _TEXT.findall(xml)
    if len(parts) != xml.count("</t>"):
        raise NotUsual
    return text_of("".join(parts))


def _unknown_reference(text: str) -> bool:
    return re.search(r"&(?!(?:#x[0-9A-Fa-f]{1,6}|#[0-9]{1,7}|amp|lt|gt|quot|apos);)", text) is not None


def shared_strings(blocks: Blocks, limits: Limits) -> list[str]:
    """All strings in order. Raises Unreadable where they are malformed or more than the limits allow."""
    try:
        return _usual(blocks(), limits)
    except NotUsual:
        return _exact(blocks(), limits)


def pieces(blocks: Iterable[bytes], cut: str) -> Iterator[str]:
    """Blocks of XML as text, each ending with the end tag ``cut``; what follows the last one is the final piece.

    A namespace prefix that the root bears, as some libraries write it, is taken off all tags. Bytes that are no UTF-8
    stay visible as lone surrogates. Raises NotUsual for another encoding and for a document type, comment or CDATA.
    """
    carry = b""
    prefix: str | None = None
    for block in blocks:
        carry += block
        if prefix is None:
            if len(carry) < _ROOT_WITHIN:
                continue
            prefix = _prefix(carry)
        if b"!" in block and b"<!" in carry:  # the lone character is found much faster, and is rare
            raise NotUsual
        mark = f"</{prefix}{cut}>".encode()
        end = carry.rfind(mark) + len(mark)
        if end < len(mark):
            if len(carry) > _CARRY:
                raise NotUsual
            continue
        yield _without_prefix(carry[:end], prefix)
        carry = carry[end:]
    if b"<!" in carry:
        raise NotUsual
    yield _without_prefix(carry, _prefix(carry) if prefix is None else prefix)


def _prefix(start: bytes) -> str:
    """The namespace prefix of the root with its colon, mostly empty."""
    root = _ROOT.match(start)
    if root is None or (root[1] and root[1].lower() not in (b"utf-8", b"utf8")):
        raise NotUsual
    return root[2].decode() if root[2] else ""


def _without_prefix(xml: bytes, prefix: str) -> str:
    text = xml.decode("utf-8", "surrogateescape")
    return text.replace("</" + prefix, "</").replace("<" + prefix, "<") if prefix else text


def _usual(blocks: Iterator[bytes], limits: Limits) -> list[str]:
    strings: list[str] = []
    root_seen = False
    for piece in pieces(blocks, "si"):
        if not root_seen:
            root_seen = True
            if not re.match(r"\ufeff?\s*(?:<\?xml[^>]*\?>)?\s*<sst[\s/>]", piece):
                raise NotUsual
        found = _ITEM.findall(piece)
        if len(found) != piece.count("<si>") + piece.count("<si/>") or "<si " in piece:
            raise NotUsual
        if len(strings) + len(found) > limits.strings:
            raise _too_many(limits)
        if "&" in piece or "_x" in piece or "\r" in piece:
            strings += [rich_text(rich) if rich else text_of(plain) for plain, rich in found]
        else:
            strings += [rich_text(rich) if rich else plain for plain, rich in found]
    return strings


def _exact(blocks: Iterator[bytes], limits: Limits) -> list[str]:
    strings: list[str] = []
    parts: list[str] = []
    phonetic = 0
    taking = False
    length = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal phonetic, taking, length
        if name == "si":
            parts.clear()
            length = 0
        elif name == "rPh":
            phonetic += 1
        elif name == "t":
            taking = phonetic == 0

    def end(name: str) -> None:
        nonlocal phonetic, taking
        if name == "si":
            strings.append(unescape_office("".join(parts)))
            if len(strings) > limits.strings:
                raise _too_many(limits)
        elif name == "rPh":
            phonetic -= 1
        elif name == "t":
            taking = False

    def text(data: str) -> None:
        nonlocal length
        if taking and length < LONGEST_CELL:
            parts.append(data)
            length += len(data)

    for _ in parse(blocks, start, end, text):
        pass
    return strings


def _too_many(limits: Limits) -> Unreadable:
    return Unreadable(codes.TOO_MANY_CELLS, limit=limits.strings)
