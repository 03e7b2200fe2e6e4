"""Strict reading of parsed JSON: every value fetched with its kind, every error with its path."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from .outcomes import Advanced, KeyHelp, MostImproved, OutcomeRules, PeopleSatisfied
from .problems import DefinitionError
from .values import decimal_or_none, integer_or_none

_REQUIRED: Any = object()


def brief(value: object) -> str:
    """A value for an error message: one line, at most 60 characters."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class Node:
    """One JSON object with the path it was found at."""

    def __init__(self, data: Any, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise DefinitionError(path, f"An object is expected, not {brief(data)}.")
        self.data: Mapping[str, Any] = data
        self.path = path

    def at(self, key: str) -> str:
        """The path of `key` in this object."""
        return f"{self.path}.{key}" if self.path else key

    def only(self, known: set[str]) -> None:
        """Refuse keys that mean nothing: a misspelt key would silently change the result."""
        for key in self.data:
            if key not in known:
                raise DefinitionError(self.at(str(key)), f"Unknown key {brief(key)}.")

    def get(self, key: str, default: Any = _REQUIRED) -> Any:
        """The value of `key`; JSON null counts as absent."""
        value = self.data.get(key)
        if value is None:
            if default is _REQUIRED:
                raise DefinitionError(self.at(key), "This key is missing.")
            return default
        return value

    def text(self, key: str, default: str = _REQUIRED) -> str:
        value = self.get(key, default)
        if not isinstance(value, str):
            raise DefinitionError(self.at(key), f"A text is expected, not {brief(value)}.")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.get(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
            raise DefinitionError(self.at(key), f"A list of texts is expected, not {brief(value)}.")
        return tuple(value)

    def integer(self, key: str, *, at_least: int, default: int = _REQUIRED) -> int:
        value = self.get(key, default)
        number = integer_or_none(value)
        if number is None or number < at_least:
            raise DefinitionError(self.at(key), f"A whole number from {at_least} is expected, not {brief(value)}.")
        return number

    def optional_integer(self, key: str, *, at_least: int) -> int | None:
        return None if self.data.get(key) is None else self.integer(key, at_least=at_least)

    def decimal(self, key: str, default: Decimal = _REQUIRED) -> Decimal:
        value = self.get(key, default)
        number = decimal_or_none(value)
        if number is None:
            raise DefinitionError(self.at(key), f"A decimal number is expected, not {brief(value)}.")
        return number

    def optional_decimal(self, key: str) -> Decimal | None:
        """A decimal, or None when absent, null or ""."""
        value = self.data.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return self.decimal(key)

    def boolean(self, key: str, *, default: bool) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise DefinitionError(self.at(key), f"true or false is expected, not {brief(value)}.")
        return value

    def child(self, key: str) -> "Node":
        return Node(self.get(key), self.at(key))

    def optional_child(self, key: str) -> "Node":
        return Node(self.get(key, {}), self.at(key))

    def children(self, key: str) -> "list[Node]":
        return self._children(key, self.get(key))

    def optional_children(self, key: str) -> "list[Node]":
        return self._children(key, self.get(key, []))

    def _children(self, key: str, value: Any) -> "list[Node]":
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise DefinitionError(self.at(key), f"A list is expected, not {brief(value)}.")
        return [Node(entry, f"{self.at(key)}.{position}") for position, entry in enumerate(value)]


def plain_entry(node: Node, known: set[str]) -> bool:
    """Refuse unknown keys of a list entry; always True, for use inside comprehensions."""
    node.only(known)
    return True


def read_outcomes(node: Node) -> OutcomeRules:
    """The rules of the outcomes; an absent or empty object means that the outcome is not proposed."""
    node.only({"key_help", "advanced", "people_satisfied", "most_improved"})
    help_, advanced = node.optional_child("key_help"), node.optional_child("advanced")
    satisfied, improved = node.optional_child("people_satisfied"), node.optional_child("most_improved")
    help_.only({"last_in_group", "places_dropped", "dissatisfaction_at_least"})
    advanced.only({"top_percent", "max_dissatisfaction"})
    satisfied.only({"min_satisfaction", "top_in_group"})
    improved.only({"places_gained"})
    return OutcomeRules(
        key_help=KeyHelp(
            help_.optional_integer("last_in_group", at_least=0),
            help_.optional_integer("places_dropped", at_least=1),
            help_.optional_decimal("dissatisfaction_at_least"),
        )
        if help_.data
        else None,
        advanced=Advanced(advanced.optional_decimal("top_percent"), advanced.optional_decimal("max_dissatisfaction"))
        if advanced.data
        else None,
        people_satisfied=PeopleSatisfied(
            satisfied.optional_decimal("min_satisfaction"), satisfied.optional_integer("top_in_group", at_least=0)
        )
        if satisfied.data
        else None,
        most_improved=MostImproved(improved.optional_integer("places_gained", at_least=1)) if improved.data else None,
    )
