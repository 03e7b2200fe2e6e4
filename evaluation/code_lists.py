"""The list of codes as a workbook: what is printed, packed and handed out. Pure but for the words of its header."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO

import xlsxwriter
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class CodeRow:
    """One invitation with its code; a unit's codes have no name."""

    stratum: str
    district: str
    unit: str
    name: str
    code: str = field(repr=False)
    link: str = field(repr=False)


def workbook(rows: Iterable[CodeRow], title: str) -> bytes:
    """An xlsx file: one row a code, everything as text, ready to print or to merge into letters."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(title[:31])
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EAF0F9"})
        mono = book.add_format({"font_name": "Consolas"})
        columns = (
            (_("No."), 7),
            (_("Stratum"), 22),
            (_("District"), 16),
            (_("Unit"), 30),
            (_("Name"), 14),
            (_("Code"), 26),
            (_("Link"), 48),
        )
        for at, (label, width) in enumerate(columns):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, label, head)
        for line, row in enumerate(rows, start=1):
            sheet.write_number(line, 0, line)
            sheet.write_string(line, 1, row.stratum)
            sheet.write_string(line, 2, row.district)
            sheet.write_string(line, 3, row.unit)
            sheet.write_string(line, 4, row.name)
            sheet.write_string(line, 5, row.code, mono)
            sheet.write_string(line, 6, row.link, mono)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
    return buffer.getvalue()
