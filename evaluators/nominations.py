"""Who put people on the register: nominating bodies, those of them that are evaluated departments, and concentration.

The registry holds the nominating body (``proposed_by``) as the lists wrote it. A body is a department if its name is
the department's full name, short name or code, or begins with one of the names (a party committee or school *of* it):
compared without the city's name in front, blanks, punctuation, and with 办公室 and 委员会 short.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from django.db.models import Count

from departments.models import Department
from evaluators.models import Evaluator, EvaluatorStatus

_FRONT = re.compile(r"^(中共)?([一-鿿]{2,4}省)?([一-鿿]{2,3}市(?!委|场|容)|[一-鿿]{2,3}(?=市委))?(市(?!容|场|级))?")
_LEAST_PART = 3  # characters a department's name must have for bodies that begin with it to count as its own


class Match(NamedTuple):
    """A body that is a department (``is_part`` false) or belongs to it by its name."""

    department_id: int
    is_part: bool


def plain_name(text: str) -> str:
    """A name as it is compared.

    >>> plain_name("示范市 教育局"), plain_name("市教育局"), plain_name("教育局（本级）")
    ('教育局', '教育局', '教育局本级')
    >>> plain_name("中共示范市委组织部"), plain_name("市委组织部"), plain_name("市人民政府办公室")
    ('委组织部', '委组织部', '人民政府办')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")
    shorter = _FRONT.sub("", kept) or kept
    return shorter.replace("办公室", "办").replace("委员会", "委")


class BodyMatcher:
    """Finds the department behind a nominating body; a name that fits two departments finds none."""

    def __init__(self, departments: Iterable[Department]) -> None:
        names: dict[str, set[int]] = {}
        for department in departments:
            for name in (department.full_name, department.short_name, department.code):
                if plain := plain_name(name):
                    names.setdefault(plain, set()).add(department.pk)
        self._names: Mapping[str, int] = {name: next(iter(pks)) for name, pks in names.items() if len(pks) == 1}
        self._longest_first = sorted(
            (name for name in self._names if len(name) >= _LEAST_PART and not name.isascii()), key=len, reverse=True
        )

    def match(self, body: str) -> Match | None:
        """The department, or None."""
        plain = plain_name(body)
        if not plain:
            return None
        if plain in self._names:
            return Match(self._names[plain], is_part=False)
        for name in self._longest_first:
            if plain.startswith(name):
                return Match(self._names[name], is_part=True)
        return None


@dataclass(frozen=True)
class Concentration:
    """How nominations spread over bodies.

    ``largest``: the share of the body with most (0 to 1); ``index``: the sum of squared shares (Herfindahl), which is
    1 for one body and 1/k for k equal ones; ``equal_bodies``: 1/index, as many bodies of equal size would give it.
    """

    total: int
    largest: Fraction
    index: Fraction

    @property
    def equal_bodies(self) -> float:
        return float(1 / self.index)


def concentration(counts: Sequence[int]) -> Concentration | None:
    """Of nominations by body; None without any.

    >>> found = concentration([6, 2, 2])
    >>> found.largest, found.index, round(found.equal_bodies, 2)
    (Fraction(3, 5), Fraction(11, 25), 2.27)
    """
    total = sum(counts)
    if not total:
        return None
    return Concentration(
        total, Fraction(max(counts), total), Fraction(sum(count * count for count in counts), total * total)
    )


def register_by_body() -> dict[str, dict[str, int]]:
    """Stratum code → body → active people of the register of now. Reads every person: for jobs, not for pages."""
    found: dict[str, dict[str, int]] = {}
    rows = (
        Evaluator.objects.filter(status=EvaluatorStatus.ACTIVE)
        .order_by()
        .values_list("stratum__code", "proposed_by")
        .annotate(people=Count("pk"))
    )
    for stratum, body, people in rows:
        found.setdefault(stratum, {})[body] = people
    return found
