"""Where in a JSON text each value stands, so that a complaint about ``draw.json`` can name its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .errors import BadInput, shown

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass
class Place:
    """One value: the line it starts on (from 1) and the places of what it holds, by key or by index."""

    line: int
    within: dict[str | int, Place] = field(default_factory=dict)

    def line_of(self, path: Sequence[str | int]) -> int:
        """Line of the value at ``path``, or of the last value on the way that exists."""
        place = self
        for step in path:
            if step not in place.within:
                break
            place = place.within[step]
        return place.line


def places(text: str) -> Place:
    """The places of all values of a *valid* JSON text.

    Raises:
        BadInput: ``duplicate_key``, with row and column: readers of JSON differ on which of two equal keys counts.
    """
    return _value(_tokens(text))


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line, seen = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        yield match[0], line


def _value(tokens: Iterator[tuple[str, int]]) -> Place:
    token, line = next(tokens)
    return _inside(token, line, tokens)


def _inside(token: str, line: int, tokens: Iterator[tuple[str, int]]) -> Place:
    place = Place(line)
    if token not in ("{", "["):
        return place
    is_object = token == "{"
    for token, line in tokens:
        if token in ("}", "]"):
            break
        if token == ",":
            continue
        if is_object:
            key = json.loads(token)
            if key in place.within:
                raise BadInput("duplicate_key", f"the key {shown(key)} is there twice", row=line, column=key, key=key)
            next(tokens)  # the colon
            place.within[key] = _value(tokens)
        else:
            place.within[len(place.within)] = _inside(token, line, tokens)
    return place
