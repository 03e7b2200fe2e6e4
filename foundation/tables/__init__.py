"""Lists in and out: messy Excel and CSV files read into clean rows, workbooks and CSV written. Knows no domain."""

from foundation.tables.findings import Finding, ImportResult, Unreadable
from foundation.tables.problemrows import problem_sheet, write_problem_rows
from foundation.tables.raw import Limits
from foundation.tables.reading import read_table
from foundation.tables.schema import Column, TableSchema
from foundation.tables.table import Row, Table
from foundation.tables.writing import Sheet, write_csv, write_xlsx, xlsx_bytes

__all__ = [
    "Column",
    "Finding",
    "ImportResult",
    "Limits",
    "Row",
    "Sheet",
    "Table",
    "TableSchema",
    "Unreadable",
    "problem_sheet",
    "read_table",
    "write_csv",
    "write_problem_rows",
    "write_xlsx",
    "xlsx_bytes",
]
