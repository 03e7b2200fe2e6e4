"""The ballot as one evaluator sees it: pages of departments, group by group, without those it must not judge."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from departments.models import Department
from evaluation.admission import Admission, BallotRules
from evaluation.wording import label_of


@dataclass(frozen=True)
class SheetDepartment:
    """A department on a sheet; ``number`` is its place in the frozen order, which names its fields."""

    code: str
    number: int


@dataclass(frozen=True)
class SheetPage:
    """Some departments of one group; ``number`` counts from 1 over the sheet, ``part`` of ``parts`` in the group."""

    number: int
    group: str
    part: int
    parts: int
    departments: tuple[SheetDepartment, ...]


class Sheet:
    """All pages of one ballot; the order inside a group is shuffled by the code's hash, so that it stays the same."""

    def __init__(self, rules: BallotRules, stratum: str, recused: Collection[str], seed: bytes) -> None:
        self.rules = rules
        definition = rules.definition
        numbers = {entry.code: at for at, entry in enumerate(definition.departments)}
        by_group: dict[str, list[SheetDepartment]] = {}
        for entry in definition.departments_for(stratum, frozenset(recused)):
            by_group.setdefault(entry.group, []).append(SheetDepartment(entry.code, numbers[entry.code]))
        size = max(1, rules.configuration.ballot.departments_per_page)
        pages: list[SheetPage] = []
        for group in rules.configuration.groups:
            shuffled = sorted(by_group.get(group.code, []), key=lambda entry: _shuffle_key(seed, entry.code))
            chunks = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]
            for part, chunk in enumerate(chunks, start=1):
                pages.append(SheetPage(len(pages) + 1, group.code, part, len(chunks), tuple(chunk)))
        self.pages: tuple[SheetPage, ...] = tuple(pages)

    @classmethod
    def of(cls, admission: Admission) -> Sheet:
        """The sheet of a presented code."""
        invitation = admission.invitation
        return cls(admission.rules, invitation.stratum.code, invitation.recused, admission.code.hash)

    @cached_property
    def departments(self) -> tuple[SheetDepartment, ...]:
        """All departments on the sheet, in its order."""
        return tuple(entry for page in self.pages for entry in page.departments)

    @property
    def total(self) -> int:
        """How many departments there are to judge."""
        return len(self.departments)

    def answered(self, answers: bytes, departments: Collection[SheetDepartment] | None = None) -> int:
        """How many departments have an answer to every criterion."""
        chosen = self.departments if departments is None else departments
        return sum(self.is_complete(answers, entry) for entry in chosen)

    def is_complete(self, answers: bytes, entry: SheetDepartment) -> bool:
        """True if every criterion of a department is answered."""
        width = len(self.rules.definition.items)
        return all(answers[entry.number * width : (entry.number + 1) * width])

    def page(self, number: int) -> SheetPage | None:
        """The page with this number, or None."""
        return self.pages[number - 1] if 1 <= number <= len(self.pages) else None

    def first_unfinished(self, answers: bytes) -> int | None:
        """The number of the first page with a blank; None if nothing is blank."""
        for page in self.pages:
            if self.answered(answers, page.departments) < len(page.departments):
                return page.number
        return None

    def group_label(self, page: SheetPage) -> str:
        """The group's name in the reader's language."""
        return label_of(self.rules.configuration.group(page.group))

    def minutes(self) -> int:
        """About how long it takes: six seconds an answer, at least two minutes."""
        return max(2, -(-self.total * len(self.rules.definition.items) // 10))


def names_of(departments: Collection[SheetDepartment]) -> Mapping[str, str]:
    """Full names by code, in one query."""
    codes = [entry.code for entry in departments]
    return dict(Department.objects.filter(code__in=codes).values_list("code", "full_name"))


def _shuffle_key(seed: bytes, code: str) -> bytes:
    return hashlib.sha256(seed + code.encode()).digest()
