"""The one error of the draw: input that a person can mend."""

from __future__ import annotations


class BadInput(ValueError):  # noqa: N818 - reads as what it is
    """Input that breaks a rule of the draw.

    Attributes:
        code: a stable word for the rule that is broken (``duplicate_id``, ``label_not_nfc``, …), for translation.
        reason: what is wrong, in English, without the place.
        file: name of the file, or "" where no file is involved.
        row: row in that file from 1 (``registry.csv``: 1 = header; ``draw.json``: the line), or None.
        column: the column of the table, or the key in ``draw.json``, or "".
        params: the values the reason speaks of, for translation.

    ``str(error)`` is always a single line: place, colon, reason.
    """

    def __init__(
        self, code: str, reason: str, *, file: str = "", row: int | None = None, column: str = "", **params: object
    ) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.file = file
        self.row = row
        self.column = column
        self.params = params

    def at(self, *, file: str = "", row: int | None = None, column: str = "") -> BadInput:
        """The same error with whatever of its place was not known yet; returns itself, to be raised."""
        self.file = self.file or file
        self.row = self.row if self.row is not None else row
        self.column = self.column or column
        return self

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column}")
        line = f"{', '.join(place)}: {self.reason}" if place else self.reason
        return " ".join(line.split())


def shown(value: object, limit: int = 40) -> str:
    """A value as it may stand in a one-line message: quoted, escaped, shortened."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
