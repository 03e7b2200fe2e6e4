"""The departments of a year as a list that can be imported again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from departments.importing import KIND
from foundation.tables import Sheet, xlsx_bytes


def _row(record: Any) -> list[str]:
    return [
        record.code,
        record.full_name,
        record.short_name,
        record.group_name,
        record.sector_name or "",
        "有效" if record.is_active else "停用",
    ]


def workbook(rows: QuerySet[Any]) -> bytes:
    """An Excel workbook with the columns of the import; ``rows`` as ``selectors.taking_part`` gives them."""
    headers = [column.chinese for column in KIND.schema().columns]
    sheet = Sheet(
        name=str(KIND.title), headers=headers, rows=map(_row, rows.iterator()), frozen_columns=2, text_columns=True
    )
    return xlsx_bytes([sheet])
