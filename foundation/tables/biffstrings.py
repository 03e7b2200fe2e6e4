"""The strings of old Excel workbooks: compressed or not, rich or not, broken over records in the middle."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from foundation.tables import codes
from foundation.tables.findings import Unreadable, damaged
from foundation.tables.raw import Limits

_WIDE, _PHONETIC, _RICH = 0x01, 0x04, 0x08


@dataclass(frozen=True, slots=True)
class Texts:
    """How strings outside the shared table are stored: BIFF8 in UTF-16 or Latin-1, BIFF5 in the book's code page."""

    biff8: bool
    codec: str

    def with_length(self, data: bytes, offset: int, *, wide: bool) -> str:
        """The string at ``offset``, after its length of two bytes (``wide``) or one."""
        size = 2 if wide else 1
        length = int.from_bytes(data[offset : offset + size], "little")
        offset += size
        if not self.biff8:
            return data[offset : offset + length].decode(self.codec, "surrogateescape")
        flags = data[offset]
        offset += 1
        if flags & _RICH:
            offset += 2
        if flags & _PHONETIC:
            offset += 4
        if flags & _WIDE:
            length = min(length, (len(data) - offset) // 2)
            return data[offset : offset + 2 * length].decode("utf-16-le", "surrogatepass")
        return data[offset : offset + length].decode("latin-1")


class _Pieces:
    """The data of a record and of those that continue it, read in order."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self._index = 0
        self._offset = 0

    def _at_end(self) -> bool:
        return self._offset >= len(self._pieces[self._index])

    def _next(self) -> None:
        self._index += 1
        self._offset = 0
        if self._index >= len(self._pieces):
            raise damaged("content")

    def take(self, size: int) -> bytes:
        """The next bytes, across the border of records."""
        parts = []
        while size > 0:
            while self._at_end():
                self._next()
            part = self._pieces[self._index][self._offset : self._offset + size]
            self._offset += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Leave out the next bytes."""
        while size > 0:
            while self._at_end():
                self._next()
            step = min(size, len(self._pieces[self._index]) - self._offset)
            self._offset += step
            size -= step

    def characters(self, count: int, wide: bool) -> str:
        """The next characters; where they go on in another record, that one says anew whether they are wide."""
        text = []
        while count > 0:
            if self._at_end():
                self._next()
                wide = bool(self.take(1)[0] & _WIDE)
            width = 2 if wide else 1
            data = self._pieces[self._index][self._offset : self._offset + count * width]
            if len(data) < width:
                raise damaged("content")
            data = data[: len(data) // width * width]
            self._offset += len(data)
            count -= len(data) // width
            text.append(data.decode("utf-16-le", "surrogatepass") if wide else data.decode("latin-1"))
        return "".join(text)


def shared_strings(pieces: list[bytes], limits: Limits) -> list[str]:
    """The shared string table of BIFF8, from the data of its SST record and the CONTINUE records behind it."""
    source = _Pieces(pieces)
    _, count = struct.unpack("<II", source.take(8))
    if count > limits.strings:
        raise Unreadable(codes.TOO_MANY_CELLS, limit=limits.strings)
    strings = []
    for _ in range(count):
        length, flags = struct.unpack("<HB", source.take(3))
        runs = struct.unpack("<H", source.take(2))[0] if flags & _RICH else 0
        phonetic = struct.unpack("<I", source.take(4))[0] if flags & _PHONETIC else 0
        text = source.characters(length, bool(flags & _WIDE))
        if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        strings.append(text)
        source.skip(4 * runs + phonetic)
    return strings
