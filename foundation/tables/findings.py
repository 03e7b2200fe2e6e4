"""What was found in a list: problems and warnings by row and column, and the result an import hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from foundation.tables import codes

Severity = Literal["problem", "warning"]
Translate = Callable[[str], str]


def untranslated(message: str) -> str:
    return message


def fill(message_id: str, params: Mapping[str, Any], translate: Translate = untranslated) -> str:
    """The message in the reader's language, its placeholders filled."""
    shown = {key: translate(value) if key in codes.TRANSLATED_PARAMS else value for key, value in params.items()}
    return translate(message_id) % shown


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend or to know.

    ``row`` is the row as the spreadsheet shows it (CSV: record number), None for the whole file; ``column`` the Chinese
    header of the template, empty for a whole row; ``code`` one of ``codes``, or a word of the app's own.
    """

    row: int | None
    column: str
    code: str
    message_id: str
    params: dict[str, Any] = field(default_factory=dict)
    severity: Severity = "problem"

    def message(self, translate: Translate = untranslated) -> str:
        """What is wrong and what to do, in the language of ``translate``."""
        return fill(self.message_id, self.params, translate)

    def to_dict(self, translate: Translate = untranslated) -> dict[str, Any]:
        """As the commands print it: row, column, code, message."""
        return {"row": self.row, "column": self.column, "code": self.code, "message": self.message(translate)}

    def to_record(self) -> dict[str, Any]:
        """As a job stores it: JSON, still untranslated."""
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "message_id": self.message_id,
            "params": self.params,
            "severity": self.severity,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Finding:
        """The finding that ``to_record`` stored."""
        return cls(**record)


class Unreadable(Exception):
    """The whole file cannot be read; the message says why in one line and what to do.

    ``code`` is a key of ``codes.UNREADABLE``. ``column`` is the Chinese header it is about, where there is one.
    """

    def __init__(self, code: str, *, column: str = "", **params: Any) -> None:
        self.code = code
        self.column = column
        self.message_id = codes.UNREADABLE[code]
        self.params = {"column": column, **params}
        super().__init__(code)

    def message(self, translate: Translate = untranslated) -> str:
        """Why, in one line, in the language of ``translate``."""
        return fill(self.message_id, self.params, translate)

    def __str__(self) -> str:
        return self.message()

    def finding(self) -> Finding:
        """The same as a problem of the whole file (row None)."""
        return Finding(None, self.column, self.code, self.message_id, self.params)


def damaged(reason: str) -> Unreadable:
    """The file is damaged; ``reason`` is a key of ``codes.REASONS``."""
    return Unreadable(codes.DAMAGED, reason=codes.REASONS[reason])


def not_a_table(found: str) -> Unreadable:
    """The file is something else; ``found`` is a key of ``codes.FOUND``."""
    return Unreadable(codes.NOT_A_TABLE, found=codes.FOUND[found])


CLEAN, WITH_PROBLEMS, UNREADABLE = 0, 1, 2


@dataclass(slots=True)
class ImportResult:
    """What an import would do or did.

    ``rows`` counts the rows below the header with anything in a known column, skipped rows not counted;
    ``create`` + ``change`` + ``unchanged`` are those of them without problems.
    """

    rows: int = 0
    create: int = 0
    change: int = 0
    unchanged: int = 0
    problems: Sequence[Finding] = ()
    warnings: Sequence[Finding] = ()
    unreadable: bool = False

    @classmethod
    def of_unreadable(cls, error: Unreadable) -> ImportResult:
        """Nothing was read: one problem, with row None."""
        return cls(problems=[error.finding()], unreadable=True)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 with problems, 2 unreadable. Warnings never change it."""
        if self.unreadable:
            return UNREADABLE
        return WITH_PROBLEMS if self.problems else CLEAN

    def to_dict(self, translate: Translate = untranslated) -> dict[str, Any]:
        """The JSON object that the import commands print."""
        return {
            "rows": self.rows,
            "create": self.create,
            "change": self.change,
            "unchanged": self.unchanged,
            "problems": [finding.to_dict(translate) for finding in self.problems],
            "warnings": [finding.to_dict(translate) for finding in self.warnings],
        }

    def to_record(self) -> dict[str, Any]:
        """As a job stores it: JSON, still untranslated."""
        return {
            "rows": self.rows,
            "create": self.create,
            "change": self.change,
            "unchanged": self.unchanged,
            "problems": [finding.to_record() for finding in self.problems],
            "warnings": [finding.to_record() for finding in self.warnings],
            "unreadable": self.unreadable,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ImportResult:
        """The result that ``to_record`` stored."""
        lists = {key: [Finding.from_record(one) for one in record[key]] for key in ("problems", "warnings")}
        return cls(**{**record, **lists})
