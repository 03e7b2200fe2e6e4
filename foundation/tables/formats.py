"""What a file is, told from its content: a workbook, delimited text, or something that only bears such a name."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from io import BytesIO

from foundation.tables import codes
from foundation.tables.biff import BiffWorkbook
from foundation.tables.delimited import HasHeader, read_delimited
from foundation.tables.findings import Unreadable, damaged, not_a_table
from foundation.tables.ooxml import XmlWorkbook
from foundation.tables.raw import Limits, RawSheet

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OTHERS = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"RIFF", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"\x7fELF", "program"),
    (b"MZ\x90", "program"),
    (b"SQLite format 3", "binary"),
    (b"\x09\x00\x04\x00", "old_excel"),
    (b"\x09\x02\x06\x00", "old_excel"),
    (b"\x09\x04\x06\x00", "old_excel"),
)
_MARKUP = re.compile(r"\s*<(?:!|\?|[A-Za-z][\w:-]*[\s>/])")
_HTML = re.compile(r"<!doctype\s+html|<(?:html|head|body|table|meta|style|div|script|center|font)\b", re.IGNORECASE)

# Excel encrypts a workbook with this word when only its structure is protected: it opens without asking.
_DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105
_MOST_ROUNDS = 200_000  # of key derivation; Office uses 100,000


def open_sheets(data: bytes, has_header: HasHeader, limits: Limits) -> tuple[str, Sequence[RawSheet]]:
    """The format (xlsx, xls or csv) and the sheets of a file, hidden ones included. Raises Unreadable."""
    if len(data) > limits.file_bytes:
        raise Unreadable(codes.TOO_LARGE, limit=limits.file_bytes // 2**20)
    if len(data) < 1 << 16 and not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise Unreadable(codes.EMPTY_FILE)
    if data.startswith(_ZIP):
        return "xlsx", XmlWorkbook(data, limits).sheets
    if data.startswith(_OLE):
        return _open_ole(data, limits)
    if data.startswith((b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")):  # a workbook stream without its container
        return "xls", BiffWorkbook(data, limits).sheets
    for start, found in _OTHERS:
        if data.startswith(start):
            raise not_a_table(found)
    _refuse_markup(data)
    return "csv", [read_delimited(data, has_header, limits.header_rows)]


def _refuse_markup(data: bytes) -> None:
    """A web page or XML file that is called .xls or .csv: common exports of older systems."""
    start = data[:4096]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = start.decode("utf-16", "replace")
    else:
        text = start.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").decode("latin-1")
    if text.lstrip().startswith("MIME-Version:"):
        raise not_a_table("web_archive")
    if not _MARKUP.match(text):
        return
    if "urn:schemas-microsoft-com:office:spreadsheet" in text or "progid=" in text and "Excel.Sheet" in text:
        raise not_a_table("xml_spreadsheet")
    raise not_a_table("html" if _HTML.search(text) else "xml")


def _open_ole(data: bytes, limits: Limits) -> tuple[str, Sequence[RawSheet]]:
    streams = _OleStreams(data)
    if "encryptedpackage" in streams.names:
        plain = _without_default_password(data, streams)
        if not plain.startswith(_ZIP):
            raise Unreadable(codes.ENCRYPTED)
        return "xlsx", XmlWorkbook(plain, limits).sheets
    if book := streams.names & {"workbook", "book"}:
        name = "workbook" if "workbook" in book else "book"
        try:
            return "xls", BiffWorkbook(streams.read(name), limits).sheets
        except Unreadable as error:
            if error.code != codes.ENCRYPTED:
                raise
        plain = _OleStreams(_without_default_password(data, streams)).read(name)
        return "xls", BiffWorkbook(plain, limits).sheets
    if "worddocument" in streams.names:
        raise not_a_table("document")
    if "powerpoint document" in streams.names:
        raise not_a_table("presentation")
    raise not_a_table("binary")


class _OleStreams:
    """The top-level streams of an OLE container, by name in lower case."""

    def __init__(self, data: bytes) -> None:
        import olefile

        try:
            self._ole = olefile.OleFileIO(BytesIO(data))
            self._paths = {path[0].casefold(): path for path in self._ole.listdir() if len(path) == 1}
        except _OLE_ERRORS as error:
            raise damaged("container") from error
        self.names = set(self._paths)

    def read(self, name: str) -> bytes:
        """The whole stream."""
        try:
            with self._ole.openstream(self._paths[name]) as stream:
                return stream.read()
        except _OLE_ERRORS as error:
            raise damaged("cut_off") from error


_OLE_ERRORS = (OSError, ValueError, IndexError, KeyError, TypeError, OverflowError, RecursionError, struct.error)


def _without_default_password(data: bytes, streams: _OleStreams) -> bytes:
    """The file as it opens without asking for a password. Raises Unreadable where one is needed."""
    rounds = (
        re.search(rb'spinCount="(\d+)"', streams.read("encryptioninfo")) if "encryptioninfo" in streams.names else None
    )
    if rounds and int(rounds[1]) > _MOST_ROUNDS:
        raise Unreadable(codes.ENCRYPTED)
    import msoffcrypto

    plain = BytesIO()
    try:
        office = msoffcrypto.OfficeFile(BytesIO(data))
        office.load_key(password=_DEFAULT_PASSWORD)
        office.decrypt(plain)
    except Exception as error:  # noqa: BLE001  # another program's parser on a hostile file: whatever it raises means no
        raise Unreadable(codes.ENCRYPTED) from error
    return plain.getvalue()
