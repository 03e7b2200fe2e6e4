"""The ballot of a round: its frozen order, and how answers are packed into one byte string.

`answers[d·items + q]` is one byte per department × item in the frozen order, of the same length for every ballot:
0 = blank, not on the ballot or recused alike (a value of its own would name the employer), k = the k-th choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .values import fingerprint


@dataclass(frozen=True, slots=True)
class BallotDepartment:
    """A department on the ballot and the group it is judged in."""

    code: str
    group: str


@dataclass(frozen=True)
class BallotDefinition:
    """What is on the ballot, in the order that never changes again once frozen.

    `judges` gives for every stratum the groups it judges (weight above 0).
    """

    departments: tuple[BallotDepartment, ...]
    items: tuple[str, ...]
    choices: tuple[str, ...]
    judges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, codes in (
            ("department", [department.code for department in self.departments]),
            ("item", list(self.items)),
            ("choice", list(self.choices)),
        ):
            if len(set(codes)) != len(codes):
                raise ValueError(f"a {name} is on the ballot twice")
        if len(self.choices) > 255:
            raise ValueError("a choice must fit into one byte")
        object.__setattr__(self, "_department", {entry.code: at for at, entry in enumerate(self.departments)})
        object.__setattr__(self, "_item", {code: at for at, code in enumerate(self.items)})
        object.__setattr__(self, "_choice", {code: at + 1 for at, code in enumerate(self.choices)})

    @property
    def size(self) -> int:
        """Bytes of one packed ballot: departments × items."""
        return len(self.departments) * len(self.items)

    def index(self, department: int, item: int) -> int:
        """Position of the answer of the `department`-th department on the `item`-th criterion (both from 0).

        Raises IndexError outside the ballot.
        """
        if not (0 <= department < len(self.departments) and 0 <= item < len(self.items)):
            raise IndexError((department, item))
        return department * len(self.items) + item

    def index_of(self, department: str, item: str) -> int:
        """The same by codes. Raises KeyError for a code that is not on the ballot."""
        return self._department[department] * len(self.items) + self._item[item]  # type: ignore[attr-defined,no-any-return]

    def choice_number(self, choice: str) -> int:
        """1 for the first choice and so on; 0 for "". Raises KeyError for an unknown choice."""
        return self._choice[choice] if choice else 0  # type: ignore[attr-defined,no-any-return]

    def encode(self, answers: Mapping[tuple[str, str], str]) -> bytes:
        """Pack `{(department code, item code): choice code}`; what is absent or "" stays blank.

        Raises KeyError for a department, item or choice that is not on the ballot.
        """
        packed = bytearray(self.size)
        for (department, item), choice in answers.items():
            packed[self.index_of(department, item)] = self.choice_number(choice)
        return bytes(packed)

    def decode(self, packed: bytes) -> dict[tuple[str, str], str]:
        """The answers given, `{(department code, item code): choice code}`, blanks left out.

        Raises ValueError for bytes of another length or with a choice that does not exist.
        """
        self.check(packed)
        width = len(self.items)
        return {
            (self.departments[at // width].code, self.items[at % width]): self.choices[number - 1]
            for at, number in enumerate(packed)
            if number
        }

    def mask(self, stratum: str) -> tuple[bool, ...]:
        """Per department, in the frozen order: does this stratum judge it? Raises KeyError for an unknown stratum."""
        groups = set(self.judges[stratum])
        return tuple(department.group in groups for department in self.departments)

    def departments_for(self, stratum: str, without: frozenset[str] = frozenset()) -> tuple[BallotDepartment, ...]:
        """The departments a ballot of this stratum shows, without the recused ones (by code)."""
        groups = set(self.judges[stratum])
        return tuple(entry for entry in self.departments if entry.group in groups and entry.code not in without)

    def cleaned(self, packed: bytes, stratum: str, without: frozenset[str] = frozenset()) -> bytes:
        """The packed ballot with every answer blanked that this evaluator may not give (recusal, not judged).

        Raises ValueError as `check` does.
        """
        self.check(packed)
        allowed = {entry.code for entry in self.departments_for(stratum, without)}
        width = len(self.items)
        blank = bytes(width)
        return b"".join(
            packed[at * width : (at + 1) * width] if entry.code in allowed else blank
            for at, entry in enumerate(self.departments)
        )

    def check(self, packed: bytes, stratum: str | None = None) -> None:
        """Raise ValueError unless the bytes are a ballot of this round (and of this stratum, if given)."""
        if len(packed) != self.size:
            raise ValueError(f"a ballot of this round has {self.size} answers, not {len(packed)}")
        if packed and max(packed) > len(self.choices):
            raise ValueError("an answer is not on the scale")
        if stratum is not None:
            width = len(self.items)
            for at, judged in enumerate(self.mask(stratum)):
                if not judged and any(packed[at * width : (at + 1) * width]):
                    raise ValueError("an answer for a department that this stratum does not judge")

    def to_dict(self) -> dict[str, Any]:
        return {
            "departments": [{"code": entry.code, "group": entry.group} for entry in self.departments],
            "items": list(self.items),
            "choices": list(self.choices),
            "judges": {stratum: list(groups) for stratum, groups in self.judges.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "BallotDefinition":
        """Read what `to_dict` wrote. Raises KeyError or ValueError for anything else."""
        return cls(
            departments=tuple(BallotDepartment(row["code"], row["group"]) for row in data["departments"]),
            items=tuple(data["items"]),
            choices=tuple(data["choices"]),
            judges={stratum: tuple(groups) for stratum, groups in data["judges"].items()},
        )

    def fingerprint(self) -> str:
        """SHA-256 (64 hex digits) of the canonical JSON of `to_dict()`."""
        return fingerprint(self.to_dict())
