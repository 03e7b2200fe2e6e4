"""Files made to cost far more than they weigh; run as a program it reads one of them and says what that took it."""

from __future__ import annotations

import bz2
import io
import json
import re
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.tables import files
from tests.tables.schemas import EVALUATORS, HEADER

MB = 2**20
HEAD = f'<?xml version="1.0"?><worksheet xmlns="{files.MAIN}"><sheetData>'
HEADER_ROW = files.row_xml(1, *HEADER)


def repeated(pattern: bytes, size: int) -> Iterator[bytes]:
    """``size`` bytes of a pattern, in blocks."""
    block = pattern * max(1, MB // len(pattern))
    for _ in range(0, size, len(block)):
        yield block


def with_part(name: str, head: bytes, pattern: bytes, size: int, tail: bytes = b"") -> bytes:
    """A workbook in which one part goes on and on; never held unpacked."""
    small = files.raw_xlsx(HEAD + HEADER_ROW + "</sheetData></worksheet>", strings=files.strings_xml())
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(small)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        with new.open(name, "w", force_zip64=True) as stream:
            stream.write(head)
            for block in repeated(pattern, size):
                stream.write(block)
            stream.write(tail)
    return buffer.getvalue()


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def lying(size: int) -> bytes:
    """A sheet of ``size`` bytes whose directory and local header claim 200, with the checksum of those 200."""
    data = bytearray(with_part(SHEET, (HEAD + HEADER_ROW).encode(), b" ", size))
    first = (HEAD + HEADER_ROW).encode()[:200]
    for mark, checksum in ((b"PK\x01\x02", 16), (b"PK\x03\x04", 14)):
        at = data.rindex(mark) if mark == b"PK\x01\x02" else data.rindex(mark, 0, data.index(b"PK\x01\x02"))
        data[at + checksum : at + checksum + 4] = zlib.crc32(first).to_bytes(4, "little")
        data[at + checksum + 8 : at + checksum + 12] = (200).to_bytes(4, "little")
    return bytes(data)


def bzip2_part(size: int) -> bytes:
    """A sheet packed with bzip2, which packs a gigabyte of nothing into a few hundred bytes."""
    return files.raw_xlsx(HEAD.encode() + b" " * size, compression=zipfile.ZIP_BZIP2)


def many_parts(count: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for number in range(count):
            archive.writestr(f"{number}", b"")
    return buffer.getvalue()


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(10))
    return files.raw_xlsx(
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{entities}]>'
        f'<worksheet xmlns="{files.MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e10;</t></is></c></row>'
        "</sheetData></worksheet>"
    )


BOMBS: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "a sheet that unpacks to 700 MB": (
        lambda: with_part(SHEET, HEAD.encode(), b"<row/>", 700 * MB),
        ("unpacks_too_large",),
    ),
    "a picture that unpacks to 400 MB": (
        lambda: with_part("xl/media/a.png", b"", b"\0", 400 * MB),
        ("unpacks_too_large",),
    ),
    "strings that unpack to 400 MB": (
        lambda: with_part(STRINGS, b"<sst>", b"<si><t>a</t></si>", 400 * MB),
        ("unpacks_too_large",),
    ),
    "a directory that lies": (lambda: lying(600 * MB), ("damaged", "missing_column")),
    "bzip2": (lambda: bzip2_part(300 * MB), ("damaged", "unpacks_too_large")),
    "bzip2 by itself": (lambda: bz2.compress(b" " * (300 * MB)), ("not_a_table",)),
    "sixty thousand parts": (lambda: many_parts(60_000), ("unpacks_too_large",)),
    "entities": (laughs, ("unsafe_xml",)),
    "empty cells without end": (
        lambda: with_part(SHEET, HEAD.encode() + HEADER_ROW.encode(), b'<row r="2"><c r="A2"/></row>', 250 * MB),
        ("0",),  # within the limits: read, and nothing in it
    ),
    "rows of cells without end": (
        lambda: with_part(
            SHEET, HEAD.encode() + HEADER_ROW.encode(), b"<row>" + b"<c><v>1</v></c>" * 50 + b"</row>", 250 * MB
        ),
        ("damaged", "too_many_cells"),
    ),
    "cells without end": (
        lambda: with_part(SHEET, HEAD.encode() + HEADER_ROW.encode(), b"<c><v>1</v></c>", 250 * MB),
        ("damaged", "too_many_cells"),
    ),
    "strings without end": (
        lambda: with_part(STRINGS, f'<sst xmlns="{files.MAIN}">'.encode(), b"<si><t/></si>", 250 * MB, b"</sst>"),
        ("too_many_cells",),
    ),
    "one attribute without end": (
        lambda: with_part(SHEET, (HEAD + '<row r="1').encode(), b"1", 250 * MB),
        ("damaged",),
    ),
    "one text without end": (
        lambda: with_part(SHEET, (HEAD + '<row r="1"><c r="A1" t="str"><v>').encode(), b"1", 250 * MB),
        ("damaged",),
    ),
    "tags within tags": (lambda: with_part(SHEET, HEAD.encode(), b"<a>", 250 * MB), ("damaged",)),
    "a comment without end": (lambda: with_part(SHEET, (HEAD + "<!--").encode(), b"x", 250 * MB), ("damaged",)),
    "commas without end": (lambda: b"," * (60 * MB), ("not_a_table",)),
    "quotes without end": (lambda: b'"\n",' * (15 * MB), ("not_a_table",)),
    "noise": (lambda: b"\xff\xfe\xfd\x80abcd" * (7 * MB), ("not_a_table",)),
}


def main() -> None:
    """Read the file named on the command line and print seconds, peak memory in bytes, and the code."""
    from foundation.tables import Unreadable, read_table

    before = time.process_time()  # not the clock: the machine may be busy with other things
    try:
        code = str(len(read_table(sys.argv[1], EVALUATORS)))
    except Unreadable as error:
        code = error.code
    seconds = time.process_time() - before
    # Not ru_maxrss: that begins with the size of the process that started this one.
    status = Path("/proc/self/status").read_text()
    memory = int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024
    print(json.dumps({"seconds": seconds, "memory": memory, "code": code}))


if __name__ == "__main__":
    main()
