"""The files of a bundle, from a folder or a zip: read line by line, never unpacked, never larger than agreed.

Nothing is extracted, so names in a zip cannot reach outside; a file that is too large is refused by its declared size
and again while reading, so a bomb costs neither memory nor time.
"""

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MEGABYTE = 1 << 20
#: Bytes of one file of the bundle; the ballots of 100 million ratings fit.
MAX_FILE = 1024 * MEGABYTE
MAX_JSON = 16 * MEGABYTE
#: Bytes of one line: 1,000 departments × 20 items with long codes fit.
MAX_LINE = 4 * MEGABYTE
#: Rows of one file, blank ones included: a small zip can hold a thousand million of them.
MAX_ROWS = 20_000_000
MAX_MEMBERS = 10_000
#: Bytes of a line that are looked through to name the cell that is no text.
_SHOWN = 64 * 1024
_UNZIP_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError)


class BundleError(Exception):
    """A bundle that cannot be read. One line: file, row (1 = header), column, what is wrong."""

    def __init__(self, file: str, message: str, row: int | None = None, column: str = "") -> None:
        place = file
        if row is not None:
            place += f", row {row}"
        if column:
            place += f", column {_one_line(column)}"
        super().__init__(f"{place}: {_one_line(message, 300)}")
        self.file, self.row, self.column, self.message = file, row, column, message


def _one_line(text: str, length: int = 80) -> str:
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= length else text[: length - 3] + "..."


class Source:
    """Where the files of a bundle come from."""

    def __init__(self, path: Path) -> None:
        self._archive: zipfile.ZipFile | None = None
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._folder = path
        try:
            if path.is_dir():
                return
            if not path.is_file():
                raise BundleError(path.name or str(path), "there is no such folder or zip file")
            self._archive = zipfile.ZipFile(path)
            self._members = self._index(self._archive, path.name)
        except BundleError:
            self.close()
            raise
        except _UNZIP_ERRORS as error:
            self.close()
            raise BundleError(path.name, f"not a readable zip file ({error})") from error

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()

    @staticmethod
    def _index(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
        """Members by bare name: at the top, or all inside one folder (as a file manager zips a folder)."""
        infos = archive.infolist()
        if len(infos) > MAX_MEMBERS:
            raise BundleError(name, f"the zip holds {len(infos)} files")
        plain = [info for info in infos if not info.is_dir() and not info.filename.startswith("__MACOSX/")]
        folders = {info.filename.rpartition("/")[0] for info in plain}
        prefix = "" if "" in folders or len(folders) != 1 else folders.pop() + "/"
        members: dict[str, zipfile.ZipInfo] = {}
        for info in plain:
            inner = info.filename.removeprefix(prefix)
            if inner in members:
                raise BundleError(inner, "the zip holds this file twice")
            members[inner] = info
        return members

    def has(self, name: str) -> bool:
        """Whether the bundle holds this file."""
        if self._archive is not None:
            return name in self._members
        return (self._folder / name).exists()

    def _open(self, name: str, limit: int) -> BinaryIO:
        if not self.has(name):
            raise BundleError(name, "this file is missing")
        if self._archive is not None:
            size = self._members[name].file_size
        else:
            path = self._folder / name
            if not path.is_file():
                raise BundleError(name, "this is no regular file")
            size = path.stat().st_size
        if size > limit:
            raise BundleError(name, f"larger than {limit // MEGABYTE} MB")
        if self._archive is not None:
            return io.BufferedReader(self._archive.open(self._members[name]))  # type: ignore[return-value,type-var]
        return (self._folder / name).open("rb")

    def text(self, name: str) -> str:
        """The whole of a small text file (JSON), without BOM."""
        try:
            with self._open(name, MAX_JSON) as stream:
                data = stream.read(MAX_JSON + 1)
        except _UNZIP_ERRORS as error:
            raise BundleError(name, f"cannot be read ({error})") from error
        if len(data) > MAX_JSON:
            raise BundleError(name, f"larger than {MAX_JSON // MEGABYTE} MB")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            row, column = data.count(b"\n", 0, error.start) + 1, error.start - data.rfind(b"\n", 0, error.start)
            raise BundleError(name, "not UTF-8", row, str(column)) from error

    def records(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """The records of a CSV file with their number (1 = header; blank lines count but are left out)."""
        number = 0
        names: list[str] = []
        try:
            with self._open(name, MAX_FILE) as stream:
                reader = csv.reader(_Lines(name, stream), strict=True)
                for number, record in enumerate(reader, start=1):
                    names = names or record
                    if number > MAX_ROWS:
                        raise BundleError(name, f"more than {MAX_ROWS} rows", number)
                    if record:
                        yield number, record
        except csv.Error as error:
            raise BundleError(name, f"malformed CSV ({error})", number + 1) from error
        except _UnreadableLineError as error:
            at = error.column
            column = names[at - 1].strip() if 0 < at <= len(names) else str(at or "")
            raise BundleError(name, str(error), number + 1, column) from error
        except _UNZIP_ERRORS as error:
            raise BundleError(name, f"cannot be read ({error})", number + 1) from error


class _UnreadableLineError(Exception):
    """A line that is no text; the caller knows its number. `column`: the cell, from 1, or 0 for the whole line."""

    def __init__(self, message: str, before: bytes | None = None) -> None:
        super().__init__(message)
        self.column = 0
        if before is not None:
            self.column = max(1, len(next(csv.reader([before.decode("utf-8", "replace")]), [])))


class _Lines:
    """The lines of a UTF-8 file as text, each and all of bounded size."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self._name, self._stream = name, stream
        self._read = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        if self._read == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
        self._read += len(line) + 1
        if self._read > MAX_FILE:
            raise _UnreadableLineError(f"larger than {MAX_FILE // MEGABYTE} MB")
        if b"\0" in line:
            raise _UnreadableLineError("holds NUL bytes, so it is no text", line[: min(line.index(b"\0"), _SHOWN)])
        if len(line) > MAX_LINE:
            raise _UnreadableLineError(f"a line of more than {MAX_LINE // MEGABYTE} MB")
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _UnreadableLineError("not UTF-8", line[: min(error.start, _SHOWN)]) from error
