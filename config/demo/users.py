"""One login per role, for the demo only."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Role, ScopeKind, User
from accounts.services import console, create_user, grant_role
from config.demo.departments import DemoDepartment

PASSWORD = "shifanshi-demo"  # noqa: S105 -- printed on start, and refused outside the demo


@dataclass(frozen=True)
class DemoLogin:
    """A login, its role, and what the role is for (None = everything)."""

    username: str
    full_name: str
    role: str
    scope: tuple[str, str] | None = None


def logins(departments: list[DemoDepartment]) -> list[DemoLogin]:
    """The logins of a city with these departments."""
    first = next(department for department in departments if department.group == "enforcement")
    return [
        DemoLogin("gongwei", "机关工委 示范员", "committee"),
        DemoLogin("fuhe", "机关工委 复核员", "committee"),
        DemoLogin("lingdao", "市领导 示范员", "leader"),
        DemoLogin("lianluo", f"{first.short_name}联络员", "liaison", (ScopeKind.DEPARTMENT, first.code)),
        DemoLogin("kaohe", "考核责任单位 示范员", "assessor"),
        DemoLogin("renda", "市人大办 示范员", "organiser", (ScopeKind.STRATUM, "npc")),
        DemoLogin("zhengfa", "政法片 指导员", "sector_guide", (ScopeKind.SECTOR, "law")),
        DemoLogin("jiandu", "监督员 示范员", "supervisor"),
        DemoLogin("shenji", "审计人员 示范员", "auditor"),
        DemoLogin("guanli", "系统管理员 示范员", "administrator"),
    ]


def create(departments: list[DemoDepartment]) -> None:
    """Create the logins, all with the demo password."""
    actor = console()
    roles = {role.code: role for role in Role.objects.all()}
    for login in logins(departments):
        user: User = create_user(
            actor=actor,
            username=login.username,
            full_name=login.full_name,
            password=PASSWORD,
            must_change_password=False,
            is_demo=True,
        )
        kind, code = login.scope or (ScopeKind.ALL, "")
        grant_role(actor=actor, user=user, role=roles[login.role], scope_kind=kind, scope_code=code)
