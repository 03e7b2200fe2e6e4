"""The zip container of a workbook, read so that nothing it claims can cost more than the limits."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from foundation.tables import codes
from foundation.tables.findings import Unreadable, damaged, not_a_table
from foundation.tables.raw import Limits

BLOCK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError, RuntimeError)
_ENCRYPTED_FLAG = 0x1


class Archive:
    """The parts of a zip container by name, whatever the case and the slashes.

    Two guards against bombs: the sizes that the directory declares may not add up to more than the limit, and no part
    is unpacked beyond what it declares (``zipfile`` cuts there, and the checksum then fails).
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        if data.count(b"PK\x01\x02") > limits.parts:
            raise _too_much(limits)
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except _BROKEN as error:
            raise damaged("container") from error
        except NotImplementedError as error:
            raise damaged("compression") from error
        parts = self._zip.infolist()
        if len(parts) > limits.parts or sum(part.file_size for part in parts) > limits.unpacked_bytes:
            raise _too_much(limits)
        self._parts = {_plain(part.filename): part for part in parts}

    def names(self) -> list[str]:
        """The parts, in ``plain`` form."""
        return list(self._parts)

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._parts

    def blocks(self, name: str) -> Iterator[bytes]:
        """A part, unpacked a block at a time. Raises Unreadable where it is damaged, encrypted or missing."""
        part = self._parts.get(_plain(name))
        if part is None:
            raise damaged("part_missing")
        if part.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable(codes.ENCRYPTED)
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Office writes nothing else; bzip2 and lzma unpack whole blocks of a bomb before anyone can stop them.
            raise damaged("compression")
        try:
            with self._zip.open(part) as stream:
                while block := stream.read(BLOCK):
                    yield block
        except _BROKEN as error:
            raise damaged("container") from error
        except NotImplementedError as error:
            raise damaged("compression") from error

    def read(self, name: str) -> bytes:
        """A small part as a whole."""
        return b"".join(self.blocks(name))


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _too_much(limits: Limits) -> Unreadable:
    return Unreadable(codes.UNPACKS_TOO_LARGE, limit=limits.unpacked_bytes // 2**20)


def part_beside(source: str, target: str) -> str:
    """The part that a relationship of ``source`` points to: relative to its folder, or absolute."""
    target = target.replace("\\", "/")
    path = target if target.startswith("/") else f"{source.rpartition('/')[0]}/{target}"
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def kind_of_archive(archive: Archive) -> None:
    """Nothing where the container is an Excel workbook in XML; raises Unreadable with what else it is."""
    names = archive.names()
    if any(re.fullmatch(r"(?:.*/)?workbook\d*\.xml", name) for name in names):
        return
    if any(name.endswith("workbook.bin") for name in names):
        raise not_a_table("xlsb")
    if "mimetype" in names and "content.xml" in names:
        raise not_a_table("ods")
    if any(name.startswith("word/") for name in names):
        raise not_a_table("document")
    if any(name.startswith("ppt/") for name in names):
        raise not_a_table("presentation")
    if "[content_types].xml" in names and any(name.startswith("xl/") for name in names):
        raise damaged("part_missing")
    raise not_a_table("archive")
