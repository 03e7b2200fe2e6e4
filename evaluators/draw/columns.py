"""Columns of a million texts that are looked at in few places: kept as UTF-8, as they stand in the file.

A million texts of their own lie scattered through the memory, and a pass over them waits for it most of its time. Here
some hundred lie one after the other and become texts where they are wanted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload

# No label or id holds a line end.
_BETWEEN = b"\n"
_BLOCK = 1 << 15


class Utf8Column(Sequence[str]):
    """A column of texts in pieces of UTF-8; reads as the sequence of those texts."""

    __slots__ = ("_known", "_pieces", "_starts")
    __hash__ = None  # type: ignore[assignment]  # a sequence like a list

    def __init__(self, pieces: list[bytes], sizes: list[int]) -> None:
        """Args:
        pieces: texts joined by line ends, none of a piece without texts.
        sizes: how many texts each piece has.
        """
        self._pieces = pieces
        self._starts = [0, *accumulate(sizes)]
        self._known: dict[int, str] = {}

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return list(self)[at]
        position = range(len(self))[at]
        piece = bisect_right(self._starts, position) - 1
        return self._pieces[piece].split(_BETWEEN)[position - self._starts[piece]].decode("utf-8")

    def __iter__(self) -> Iterator[str]:
        for texts in self.raw():
            yield from map(bytes.decode, texts)

    def raw(self) -> Iterator[list[bytes]]:
        """The texts as UTF-8, piece by piece."""
        for piece in self._pieces:
            yield piece.split(_BETWEEN)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def at(self, positions: Sequence[int]) -> list[str]:
        """The texts at many positions, in their order. Each piece is taken apart once, none for what was asked before:
        whoever is drawn was looked at before."""
        known = self._known
        end, texts, start = 0, [b""], 0
        for position in sorted(set(positions).difference(known)):
            if position >= end:
                piece = bisect_right(self._starts, position) - 1
                start, end = self._starts[piece], self._starts[piece + 1]
                texts = self._pieces[piece].split(_BETWEEN)
            known[position] = texts[position - start].decode("utf-8")
        return [known[position] for position in positions]


def texts_at(column: Sequence[str], positions: Sequence[int]) -> list[str]:
    """The texts of any column at these positions, in their order."""
    return column.at(positions) if isinstance(column, Utf8Column) else [column[i] for i in positions]


def as_bytes(column: Sequence[str]) -> Iterator[list[bytes]]:
    """The texts of any column as UTF-8, some thousand at a time."""
    if isinstance(column, Utf8Column):
        yield from column.raw()
        return
    for start in range(0, len(column), _BLOCK):
        yield [text.encode("utf-8") for text in column[start : start + _BLOCK]]
