"""What a list is made of: its columns, which rows are the same thing, which columns must agree. Made by the apps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from foundation.tables.cleaning import INVISIBLE

Kind = Literal["code", "name", "text", "phone", "email", "choice"]

_DECORATION = re.compile(r"[\s_*" + INVISIBLE + "-]+")


def header_form(text: str) -> str:
    """A header cell as it is compared: without white space, width and case; ``_``, ``-`` and ``*`` do not count."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the template.

    ``chinese`` and ``english`` are its two headers; ``max_length`` counts characters after cleaning; with ``choices``
    any other value is a problem, and the value is given back in the spelling of ``choices``.
    """

    field: str
    chinese: str
    english: str
    kind: Kind = "text"
    required: bool = False
    max_length: int | None = None
    choices: tuple[str, ...] | None = None

    @property
    def headers(self) -> frozenset[str]:
        """The headers that mean this column, in ``header_form``."""
        return frozenset((header_form(self.chinese), header_form(self.english)))


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A kind of list.

    ``header_key``: the fields that make a row the header. ``unique``: groups of fields whose values together may stand
    in one row only (a group with an empty value does not count). ``consistent``: pairs (key, value) where one key has
    one value in the whole list. ``silent_headers``: columns ignored without a word, such as the reasons that were
    written beside the problem rows.
    """

    name: str
    columns: tuple[Column, ...]
    header_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    consistent: tuple[tuple[str, str], ...] = ()
    silent_headers: frozenset[str] = frozenset(("原因", "Reason"))

    def __post_init__(self) -> None:
        fields = {column.field for column in self.columns}
        named = {*self.header_key, *(one for group in (*self.unique, *self.consistent) for one in group)}
        if unknown := sorted(named - fields):
            raise ValueError(f"{self.name}: no such field: {', '.join(unknown)}")
        headers = [header for column in self.columns for header in column.headers]
        if len(headers) != len(set(headers)):
            raise ValueError(f"{self.name}: two columns share a header")

    def column(self, field: str) -> Column:
        """The column of a field. Raises KeyError."""
        for column in self.columns:
            if column.field == field:
                return column
        raise KeyError(field)

    def labels(self, fields: Iterable[str], joint: str = " + ") -> str:
        """The Chinese headers of some fields, for messages."""
        return joint.join(self.column(field).chinese for field in fields)

    @property
    def by_header(self) -> dict[str, Column]:
        """Every accepted header in ``header_form``, with its column."""
        return {header: column for column in self.columns for header in column.headers}

    def with_choices(self, **choices: Iterable[str]) -> TableSchema:
        """The same schema with the choices of some fields, as they stand in the database now."""
        if unknown := sorted(set(choices) - {column.field for column in self.columns}):
            raise ValueError(f"{self.name}: no such field: {', '.join(unknown)}")
        columns = tuple(
            replace(column, choices=tuple(choices[column.field])) if column.field in choices else column
            for column in self.columns
        )
        return replace(self, columns=columns)
