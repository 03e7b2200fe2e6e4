"""A small city to hold rounds in: made by hand, so that the tests can count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Role, RoleGrant, User
from accounts.services import console
from departments.models import Department, DepartmentGroup, DepartmentYear
from evaluation.models import Round
from evaluation.services import configure, create_round
from evaluators.models import Evaluator, Stratum, Unit

SEED = "07 11 13 19 23 31 05 20081124"
WITNESSES = "张三\n李四"
SOURCE = "双色球 2008138 期"


def user(*roles: str, name: str = "") -> User:
    """Somebody with the given roles, everywhere."""
    made = User.objects.create_user(name or "-".join(roles) or "nobody", "a long password 1")
    for code in roles:
        RoleGrant.objects.create(user=made, role=Role.objects.get(code=code))
    return made


def departments(year: int, per_group: int = 2) -> list[Department]:
    """Departments D-party-1, D-party-2, …: ``per_group`` in each of the five groups."""
    made = []
    for group in DepartmentGroup.objects.all():
        for number in range(1, per_group + 1):
            code = f"D-{group.code}-{number}"
            department, _new = Department.objects.get_or_create(code=code, defaults={"full_name": f"示范市{code}局"})
            DepartmentYear.objects.get_or_create(department=department, year=year, defaults={"group": group})
            made.append(department)
    return made


def people(stratum: str, count: int, *, start: int = 1, **values: Any) -> list[Evaluator]:
    """``count`` people of a stratum, half of them in 鼓楼区, half in 玄武区."""
    layer = Stratum.objects.get(code=stratum)
    rows = [
        Evaluator(
            code=f"{stratum}-{number:04}",
            name=f"张{number}",
            phone=f"1380000{number:04}",
            stratum=layer,
            **{"district": ("鼓楼区", "玄武区")[number % 2], **values},
        )
        for number in range(start, start + count)
    ]
    return Evaluator.objects.bulk_create(rows)


def units(stratum: str, count: int) -> list[Unit]:
    """``count`` units of a stratum."""
    layer = Stratum.objects.get(code=stratum)
    return Unit.objects.bulk_create(
        Unit(code=f"U-{stratum}-{number:03}", name=f"{stratum}单位{number}", district="鼓楼区", stratum=layer)
        for number in range(1, count + 1)
    )


def strata_plans(evaluation: Round, **plans: dict[str, Any]) -> list[dict[str, Any]]:
    """The strata of the configuration reduced to those named, with changes; 10 of each, nobody in reserve, else."""
    rows = {row["code"]: row for row in evaluation.configuration["strata"]}
    return [{**rows[code], "quota": 10, "reserve": 0, **changes} for code, changes in plans.items()]


def weights(evaluation: Round, **shares: str) -> list[dict[str, Any]]:
    """The groups of the configuration, each with these weights of the strata."""
    return [{**row, "weights": shares} for row in evaluation.configuration["groups"]]


def draft(year: int = 2008, *, actor: User | None = None) -> Round:
    """A draft with 10 departments, whose strata are npc (60 people), residents (100) and media (4, all of them).

    npc: 10 drawn, 2 in reserve; residents: 20 drawn, 4 in reserve.
    """
    actor = actor or console()
    departments(year)
    people("npc", 60)
    people("residents", 100)
    people("media", 4)
    now = timezone.now()
    evaluation = create_round(
        actor=actor,
        year=year,
        title=f"{year}年度万人评议机关",
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=7),
    )
    plans = strata_plans(
        evaluation, npc={"reserve": 2}, residents={"quota": 20, "reserve": 4}, media={"mode": "all", "quota": 0}
    )
    configure(actor=actor, round=evaluation, section="strata", changes={"strata": plans}, version=evaluation.version)
    return configure(
        actor=actor,
        round=evaluation,
        section="weights",
        changes={"groups": weights(evaluation, npc="40", residents="40", media="20")},
        version=evaluation.version,
    )


def issue_all(evaluation: Round) -> None:
    """Mark every invitation as having a code, as producing letters does."""
    for invitation in evaluation.invitations.all():
        invitation.code_hash = invitation.pk.to_bytes(32, "big")
        invitation.issued_on = timezone.localdate()
        invitation.save(update_fields=["code_hash", "issued_on"])
