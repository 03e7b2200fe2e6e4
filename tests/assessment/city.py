"""A year with three departments in two groups and two sectors, and people with the roles that matter here."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import Role, ScopeKind, User
from departments.models import Department, DepartmentGroup, DepartmentYear, Sector
from evaluation.models import Round
from evaluation.states import RoundState

YEAR = 2008


def departments() -> dict[str, Department]:
    """A1 and A2 in 党群综合 (sectors S1, S2), B1 in 经济管理 (no sector), all of 2008; X9 takes no part."""
    party, economy = (DepartmentGroup.objects.get(code=code) for code in ("party", "economy"))
    first, second = (Sector.objects.create(code=code, name=f"{code}片") for code in ("S1", "S2"))
    made = {}
    for code, name, group, sector in (
        ("A1", "示范市信访局", party, first),
        ("A2", "示范市档案局", party, second),
        ("B1", "示范市商务局", economy, None),
    ):
        made[code] = Department.objects.create(code=code, full_name=name, short_name=name[3:])
        DepartmentYear.objects.create(department=made[code], year=YEAR, group=group, sector=sector)
    made["X9"] = Department.objects.create(code="X9", full_name="示范市旧局", is_active=False)
    return made


def round_at(state: RoundState, year: int = YEAR) -> Round:
    """A round of the year that has come to a state, however."""
    return Round.objects.create(year=year, title=f"{year}", state=state)


def user(role: str, *, kind: str = ScopeKind.ALL, code: str = "") -> User:
    """Somebody with one role, for everything or for one department or sector."""
    made = User.objects.create_user(username=f"{role}-{kind}-{code}", full_name=role)
    made.grants.create(role=Role.objects.get(code=role), scope_kind=kind, scope_code=code)
    return made


def signed_in(who: User) -> Client:
    """A browser in which this person has logged in."""
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def csv(*lines: str, header: str = "编号,考核分,加分,扣分,一票否决,突出问题") -> bytes:
    """A list as CSV."""
    return "\n".join((header, *lines)).encode()


def words_of(problems: Any) -> list[tuple[int | None, str, str]]:
    """Row, column and code of findings."""
    return [(one.row, one.column, one.code) for one in problems]
