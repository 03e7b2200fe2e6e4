"""Builders of files of every kind: what Excel, other programs, and nobody in his right mind would write."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlsxwriter
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.worksheet.worksheet import Worksheet

Rows = Iterable[Sequence[object]]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def xlsx(rows: Rows, change: Callable[[Worksheet], Any] | None = None, *, title: str = "名册") -> bytes:
    """A workbook by openpyxl; ``change`` gets the sheet before it is saved."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def xlsx_shared(rows: Rows) -> bytes:
    """A workbook by XlsxWriter, which keeps texts in the shared table as Excel does; every text stays a text."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("名册")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def xls(rows: Rows, change: Callable[[xlwt.Worksheet], Any] | None = None) -> bytes:
    """An old workbook by xlwt."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("名册")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    if change is not None:
        change(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def delimited(rows: Rows, separator: str = ",", end: str = "\r\n") -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator, lineterminator=end).writerows(
        ["" if value is None else value for value in row] for row in rows
    )
    return buffer.getvalue()


def sheet_xml(*rows: str, before: str = "", after: str = "", namespace: str = MAIN) -> str:
    """A worksheet of given ``<row>`` elements."""
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{namespace}">{before}'
        f"<sheetData>{''.join(rows)}</sheetData>{after}</worksheet>"
    )


def row_xml(number: int, *values: object, attributes: str = "") -> str:
    """A row of inline strings; a value that begins with ``<c`` is taken as the cell's XML."""
    cells = []
    for column, value in enumerate(values):
        reference = f"{chr(65 + column)}{number}"
        if value is None:
            continue
        text = str(value)
        if text.startswith("<c"):
            cells.append(text.replace("REF", reference))
        else:
            cells.append(f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>')
    return f'<row r="{number}"{attributes}>{"".join(cells)}</row>'


def raw_xlsx(
    sheet: str | bytes,
    *,
    strings: str | bytes | None = None,
    styles: str | None = None,
    main: str = MAIN,
    links: str = LINKS,
    state: str = "",
    extra: dict[str, bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A workbook put together by hand around one sheet's XML."""
    packages = "http://schemas.openxmlformats.org/package/2006"
    related = [f'<Relationship Id="rId1" Type="{links}/worksheet" Target="worksheets/sheet1.xml"/>']
    parts: dict[str, str | bytes] = {"xl/worksheets/sheet1.xml": sheet}
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
        related.append(f'<Relationship Id="rId2" Type="{links}/sharedStrings" Target="/xl/sharedStrings.xml"/>')
    if styles is not None:
        parts["xl/styles.xml"] = styles
        related.append(f'<Relationship Id="rId3" Type="{links}/styles" Target="styles.xml"/>')
    parts["[Content_Types].xml"] = f'<Types xmlns="{packages}/content-types"/>'
    parts["_rels/.rels"] = (
        f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" Type="{links}/officeDocument" '
        f'Target="xl/workbook.xml"/></Relationships>'
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{packages}/relationships">{"".join(related)}</Relationships>'
    )
    visibility = f' state="{state}"' if state else ""
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{main}" xmlns:r="{links}"><sheets><sheet name="名册" sheetId="1"{visibility} r:id="rId1"/>'
        f"</sheets></workbook>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in {**parts, **(extra or {})}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def strings_xml(*items: str) -> str:
    return f'<?xml version="1.0"?>\n<sst xmlns="{MAIN}">{"".join(items)}</sst>'


def styles_xml(*codes: str) -> str:
    """Styles whose cell format 1, 2, … has the given number format."""
    formats = "".join(f'<numFmt numFmtId="{170 + n}" formatCode={quoteattr(c)}/>' for n, c in enumerate(codes))
    cells = "".join(f'<xf numFmtId="{170 + n}"/>' for n in range(len(codes)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0"/>{cells}</cellXfs></styleSheet>'
    )


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A zip container with every part passed through ``change(name, content)``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


def strict(data: bytes) -> bytes:
    """The workbook in the namespaces of strict OOXML."""

    def change(_: str, content: bytes) -> bytes:
        return content.replace(MAIN.encode(), STRICT_MAIN.encode()).replace(LINKS.encode(), STRICT_LINKS.encode())

    return rewritten(data, change)


def prefixed(data: bytes) -> bytes:
    """The workbook with its worksheets written as ``<x:row>``, the way the Open XML SDK likes it."""

    def change(name: str, content: bytes) -> bytes:
        if not name.startswith("xl/worksheets/"):
            return content
        text = content.decode()
        head, _, body = text.partition("<worksheet")
        body = body.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
        return (head + "<x:worksheet" + body.replace("xmlns=", "xmlns:x=", 1)).encode()

    return rewritten(data, change)


def encrypted(data: bytes, password: str) -> bytes:
    """The workbook encrypted as Excel does it."""
    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, buffer)
    return buffer.getvalue()
