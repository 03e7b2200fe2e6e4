"""A small city with an open round: two groups of departments, three strata, people and one unit, all without a draw."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.services import console
from departments.models import Department, DepartmentGroup, DepartmentYear
from evaluation.admission import Admission, find
from evaluation.ballot_code import BallotCode, demo_code
from evaluation.definition import BallotRules, RoundConfiguration, default_configuration
from evaluation.models import Invitation, KeyMode, Round
from evaluation.services.codes import issue_codes
from evaluation.services.keys import ensure_key
from evaluation.states import RoundState
from evaluators.models import Draw, DrawnPlace, DrawnRole, Evaluator, Snapshot, Stratum, Unit
from foundation.models import StoredFile

SEED = "world"

#: (code, name, English name): ministers judge both groups, residents only the second.
STRATA = (
    ("deputies", "小城人大代表", "Deputies"),
    ("residents", "小城居民代表", "Residents"),
    ("firms", "小城企业代表", "Enterprises"),
)
GROUPS = (("economy", "小城经济管理", "Economy"), ("service", "小城社会服务", "Public services"))


@dataclass
class World:
    """The round, its staff account and its invitations in the order of their codes."""

    round: Round
    staff: User
    invitations: list[Invitation]
    departments: list[Department]
    codes: list[BallotCode] = field(default_factory=list, repr=False)

    @property
    def size(self) -> int:
        """How many answers a ballot of the round has."""
        definition = self.round.ballot_definition
        return len(definition["departments"]) * len(definition["items"])

    def admission(self, index: int = 0, **options: Any) -> Admission:
        """The code of the ``index``-th invitation, presented."""
        found = find(self.codes[index])
        assert found is not None
        return found.opened(options["started_at"]) if "started_at" in options else found

    def reload(self, index: int = 0) -> Invitation:
        """The ``index``-th invitation as the database has it."""
        return Invitation.objects.get(pk=self.invitations[index].pk)


def configuration(items: int = 1, **ballot: Any) -> RoundConfiguration:
    """Equal weights, but residents do not judge the economy group."""
    rules = default_configuration(STRATA, GROUPS)
    economy, service = rules.groups
    economy = replace(economy, weights={"deputies": 60, "firms": 40})
    if items > 1:
        first = rules.items[0]
        extra = [
            replace(first, code=f"item{n}", label=f"标准{n}", label_en=f"Criterion {n}") for n in range(2, items + 1)
        ]
        rules = replace(rules, items=(first, *extra))
    return replace(rules, groups=(economy, service), ballot=replace(BallotRules(), **ballot))


def build(
    *,
    people: int = 4,
    departments: int = 6,
    state: str = RoundState.OPEN,
    is_demo: bool = True,
    year: int = 2008,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    grace_minutes: int = 15,
    recused: dict[int, list[str]] | None = None,
    items: int = 1,
    key: bool = True,
    unit_codes: int = 2,
    **ballot: Any,
) -> World:
    """Build the city: ``people`` deputies and as many residents, and one firm with ``unit_codes`` codes.

    The departments with even numbers are in the economy group. Codes are the demo's, in the order of issuing.
    ``recused``: by index of the invitation, the codes of departments it must not judge.
    """
    now = timezone.now()
    staff = console()
    rules = configuration(items, **ballot)
    strata = {
        code: Stratum.objects.update_or_create(code=code, defaults={"name": name, "name_en": english, "order": at})[0]
        for at, (code, name, english) in enumerate(STRATA)
    }
    groups = {
        code: DepartmentGroup.objects.update_or_create(
            code=code, defaults={"name": name, "name_en": english, "order": at}
        )[0]
        for at, (code, name, english) in enumerate(GROUPS)
    }
    made = [
        Department.objects.get_or_create(code=f"D{n:03}", defaults={"full_name": f"示范市第{n}局"})[0]
        for n in range(departments)
    ]
    order = []
    for n, department in enumerate(made):
        group = "economy" if n % 2 == 0 else "service"
        DepartmentYear.objects.create(department=department, year=year, group=groups[group])
        order.append((department.code, group))
    round_ = Round.objects.create(
        year=year,
        title=f"{year}年度示范评议",
        state=state,
        configuration=rules.to_dict(),
        configuration_fingerprint=rules.fingerprint(),
        ballot_definition=rules.ballot_definition(order).to_dict(),
        populations=dict.fromkeys(strata, 1000),
        frozen_at=now,
        opens_at=opens_at or now - timedelta(days=1),
        closes_at=closes_at or now + timedelta(days=7),
        grace_minutes=grace_minutes,
        is_demo=is_demo,
        key_mode=KeyMode.FILE,
    )
    draw = _draw(year, staff)
    invitations = _invite(round_, draw, strata, people, unit_codes)
    for index, codes in (recused or {}).items():
        invitations[index].recused = codes
        invitations[index].save(update_fields=["recused"])
    if key:
        ensure_key(round_)
    world = World(round_, staff, invitations, made)
    if is_demo and state in (RoundState.OPEN, RoundState.DRAWN):
        issue_codes(actor=staff, round=round_, code_source=lambda index: demo_code(SEED, year, index))
        world.codes = [demo_code(SEED, year, index) for index in range(len(invitations))]
    return world


def _draw(year: int, staff: User) -> Draw:
    def stored(name: str) -> StoredFile:
        return StoredFile.objects.create(
            kind="test", name=name, content_type="text/csv", size=0, sha256="", permission="round.view"
        )

    snapshot = Snapshot.objects.create(
        year=year,
        number=1,
        registry_file=stored("registry.csv"),
        snapshot_hash="0" * 64,
        plan={},
        plan_hash="0" * 64,
        seed_source="骰子",
        frozen_at=timezone.now(),
        frozen_by=staff,
    )
    return Draw.objects.create(
        snapshot=snapshot,
        public_seed="1" * 20,
        seed="0" * 64,
        result_file=stored("drawn.csv"),
        drawn_at=timezone.now(),
        drawn_by=staff,
    )


def _invite(round_: Round, draw: Draw, strata: dict[str, Stratum], people: int, unit_codes: int) -> list[Invitation]:
    """Deputies first, then residents, then the firm: the order of issuing."""
    made: list[Invitation] = []
    tag = uuid.uuid4().hex[:6]
    for code in ("deputies", "residents"):
        evaluators = Evaluator.objects.bulk_create(
            Evaluator(
                code=f"{tag}-{code}-{n}",
                name=f"示范{code}{n}",
                stratum=strata[code],
                district="鼓楼区" if n % 2 else "玄武区",
            )
            for n in range(people)
        )
        places = DrawnPlace.objects.bulk_create(
            DrawnPlace(
                draw=draw,
                candidate=person.code,
                evaluator=person,
                stratum=strata[code],
                role=DrawnRole.MAIN,
                order=n + 1,
            )
            for n, person in enumerate(evaluators)
        )
        made += Invitation.objects.bulk_create(
            Invitation(round=round_, place=place, evaluator=person, stratum=strata[code], district=person.district)
            for place, person in zip(places, evaluators, strict=True)
        )
    if unit_codes:
        unit = Unit.objects.create(code=f"{tag}-firm", name="示范企业", district="鼓楼区", stratum=strata["firms"])
        place = DrawnPlace.objects.create(
            draw=draw, candidate=unit.code, unit=unit, stratum=strata["firms"], role=DrawnRole.MAIN, order=1
        )
        made += Invitation.objects.bulk_create(
            Invitation(round=round_, place=place, unit=unit, stratum=strata["firms"], district=unit.district)
            for _n in range(unit_codes)
        )
    return made
