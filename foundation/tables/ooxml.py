"""Excel workbooks in XML (.xlsx, .xlsm, strict or transitional): sheets, number formats, shared strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from foundation.tables import codes, sheetxml
from foundation.tables.archive import Archive, kind_of_archive, part_beside
from foundation.tables.findings import Unreadable, damaged
from foundation.tables.numbertext import Format, number_format
from foundation.tables.raw import Limits, RawRow, SheetFacts
from foundation.tables.sharedstrings import shared_strings
from foundation.tables.xmlevents import attribute, is_true, parse

_SHEET_KINDS = ("worksheet", "chartsheet", "dialogsheet", "macrosheet", "xlMacrosheet")


@dataclass(slots=True)
class XmlSheet:
    """One worksheet of the workbook."""

    name: str
    visible: bool
    book: XmlWorkbook
    part: str

    def rows(self, facts: SheetFacts) -> Iterator[RawRow]:
        """See ``RawSheet.rows``."""
        context = sheetxml.Context(self.book.strings(), self.book.formats, self.book.epoch_1904, self.book.limits)
        return sheetxml.rows(lambda: self.book.archive.blocks(self.part), context, facts)

    def is_empty(self) -> bool:
        """See ``RawSheet.is_empty``: looks no further than the first value."""
        tail = b""
        for block in self.book.archive.blocks(self.part):
            if re.search(rb"<(?:\w+:)?(?:v|is|f)[ />]", tail + block):
                return False
            tail = block[-20:]
        return True


class XmlWorkbook:
    """The workbook: its sheets in order, and what their cells refer to."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.limits = limits
        self.archive = Archive(data, limits)
        kind_of_archive(self.archive)
        self.epoch_1904 = False
        self._main = self._main_part()
        self._links = self._relationships(self._main)
        self._strings: list[str] | None = None
        self.sheets = self._read_sheets()
        self.formats = self._read_formats()

    def strings(self) -> list[str]:
        """The shared strings, read when the first sheet wants them."""
        if self._strings is None:
            part = self._linked("sharedStrings")
            self._strings = shared_strings(lambda: self.archive.blocks(part), self.limits) if part else []
        return self._strings

    def _main_part(self) -> str:
        if "_rels/.rels" in self.archive:
            for kind, part, _ in self._relationships("").values():
                if kind == "officeDocument" and part in self.archive:
                    return part
        return "xl/workbook.xml"

    def _relationships(self, source: str) -> dict[str, tuple[str, str, str]]:
        """The parts that a part refers to: id to (kind, part, mode)."""
        folder, _, name = source.rpartition("/")
        part = f"{folder}/_rels/{name}.rels" if source else "_rels/.rels"
        found: dict[str, tuple[str, str, str]] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = part_beside(source, attributes.get("Target", ""))
                found[attributes.get("Id", "")] = (kind, target, attributes.get("TargetMode", ""))

        if part in self.archive:
            _run(parse(self.archive.blocks(part), start))
        return found

    def _linked(self, kind: str) -> str | None:
        for found, part, _ in self._links.values():
            if found == kind and part in self.archive:
                return part
        return None

    def _read_sheets(self) -> list[XmlSheet]:
        listed: list[tuple[str, str, str]] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                listed.append((attributes.get("name", ""), attributes.get("state", ""), _link_id(attributes)))
            elif name == "workbookPr":
                self.epoch_1904 = is_true(attributes.get("date1904", ""))

        _run(parse(self.archive.blocks(self._main), start))
        sheets = []
        for number, (name, state, link) in enumerate(listed, start=1):
            kind, part, _ = self._links.get(link, ("worksheet", f"xl/worksheets/sheet{number}.xml", ""))
            if kind not in _SHEET_KINDS:
                continue
            if kind == "worksheet":
                sheets.append(XmlSheet(name, state in ("", "visible"), self, part))
        if listed and not sheets:
            raise Unreadable(codes.EMPTY_FILE)
        if not listed:
            raise damaged("content")
        return sheets

    def _read_formats(self) -> dict[str, Format]:
        """The cell styles whose number format changes what a number means: style number, as written, to format."""
        part = self._linked("styles")
        if part is None:
            return {}
        custom: dict[int, str] = {}
        styles: list[int] = []
        inside = ""

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            if name in ("cellXfs", "cellStyleXfs", "dxfs"):
                inside = name
            elif name == "numFmt" and inside != "dxfs":
                custom[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
            elif name == "xf" and inside == "cellXfs":
                styles.append(_number(attributes.get("numFmtId")))

        _run(parse(self.archive.blocks(part), start))
        meanings = {number: number_format(number, custom.get(number)) for number in set(styles)}
        return {str(index): shape for index, number in enumerate(styles) if (shape := meanings[number])}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _link_id(attributes: dict[str, str]) -> str:
    for key, value in attributes.items():
        if key.endswith(":id"):
            return value
    return attribute(attributes, "id")


def _run(steps: Iterable[None]) -> None:
    for _ in steps:
        pass
