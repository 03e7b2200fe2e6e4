"""Changing assessments: who may, what is kept, what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from accounts.models import ScopeKind
from accounts.services import console
from assessment.marks import Marks
from assessment.models import Assessment
from assessment.services import set_assessment, set_assessments
from departments.models import Department
from evaluation.refusals import Refused
from evaluation.states import RoundState
from foundation.models import AuditEntry
from tests.assessment.city import YEAR, departments, round_at, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> dict[str, Department]:
    return departments()


def test_a_change_is_stored_and_written_down_with_what_stood_before(city: dict[str, Department]) -> None:
    actor = user("assessor")
    set_assessment(actor=actor, department=city["A1"], year=YEAR, score=Decimal("87.5"))
    set_assessment(
        actor=actor, department=city["A1"], year=YEAR, score=Decimal("87.5"), deduction=Decimal("1.25"), veto="责任事故"
    )
    row = Assessment.objects.get()
    assert (row.score, row.bonus, row.deduction, row.veto, row.problem) == (
        Decimal("87.5"),
        0,
        Decimal("1.25"),
        "责任事故",
        "",
    )
    first, second = AuditEntry.objects.filter(action="assessment.set").order_by("id")
    assert (first.before, first.after) == ({"score": None}, {"score": "87.5000"})
    assert (second.before, second.after) == (
        {"deduction": "0.0000", "veto": ""},
        {"deduction": "1.2500", "veto": "责任事故"},
    )
    assert (second.year, second.actor, second.subject_label) == (YEAR, actor, "A1 信访局")


def test_what_stands_already_is_not_written_again(city: dict[str, Department]) -> None:
    for _again in range(2):
        set_assessment(actor=console(), department=city["A1"], year=YEAR, score=Decimal(90), problem="无")
    assert AuditEntry.objects.filter(action="assessment.set").count() == 1
    set_assessment(actor=console(), department=city["A2"], year=YEAR, score=None)
    assert Assessment.objects.count() == 1


def test_a_score_can_be_taken_back(city: dict[str, Department]) -> None:
    set_assessment(actor=console(), department=city["A1"], year=YEAR, score=Decimal(90))
    set_assessment(actor=console(), department=city["A1"], year=YEAR, score=None)
    assert Assessment.objects.get().score is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("score", Decimal("100.0001")),
        ("score", Decimal("-0.0001")),
        ("score", Decimal("NaN")),
        ("score", Decimal("1.00001")),
        ("bonus", Decimal("-1")),
        ("bonus", None),
        ("deduction", Decimal("100000")),
        ("veto", "长" * 301),
    ],
)
def test_values_out_of_range_are_refused_at_their_field(city: dict[str, Department], field: str, value: object) -> None:
    values = {"score": Decimal(1), field: value}
    with pytest.raises(ValidationError) as problem:
        set_assessment(actor=console(), department=city["A1"], year=YEAR, **values)  # type: ignore[arg-type]
    assert list(problem.value.error_dict) == [field]
    assert not Assessment.objects.exists()


def test_a_department_that_takes_no_part_gets_nothing(city: dict[str, Department]) -> None:
    with pytest.raises(ValidationError):
        set_assessment(actor=console(), department=city["X9"], year=YEAR, score=Decimal(1))
    with pytest.raises(ValidationError):
        set_assessments(actor=console(), year=YEAR, marks={city["A1"].pk: Marks(), city["X9"].pk: Marks(Decimal(1))})
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("role", ["leader", "auditor", "liaison", "administrator", "supervisor", "organiser"])
def test_other_roles_change_nothing(city: dict[str, Department], role: str) -> None:
    actor = user(role)
    with pytest.raises(PermissionDenied):
        set_assessment(actor=actor, department=city["A1"], year=YEAR, score=Decimal(1))
    with pytest.raises(PermissionDenied):
        set_assessment(actor=actor, department=city["X9"], year=YEAR, score=Decimal(1))
    with pytest.raises(PermissionDenied):
        set_assessments(actor=actor, year=YEAR, marks={city["A1"].pk: Marks(Decimal(1))})
    assert not Assessment.objects.exists()


def test_nobody_changes_nothing(city: dict[str, Department]) -> None:
    for nobody in (None, AnonymousUser()):
        with pytest.raises(PermissionDenied):
            set_assessment(actor=nobody, department=city["A1"], year=YEAR, score=Decimal(1))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "code"), [(ScopeKind.DEPARTMENT, "A1"), (ScopeKind.SECTOR, "S1")])
def test_an_assessor_of_a_part_changes_that_part_alone(city: dict[str, Department], kind: str, code: str) -> None:
    actor = user("assessor", kind=kind, code=code)
    set_assessment(actor=actor, department=city["A1"], year=YEAR, score=Decimal(1))
    for other in ("A2", "B1"):
        with pytest.raises(PermissionDenied):
            set_assessment(actor=actor, department=city[other], year=YEAR, score=Decimal(1))
    with pytest.raises(PermissionDenied):
        set_assessments(actor=actor, year=YEAR, marks={city["A1"].pk: Marks(Decimal(1))})
    assert list(Assessment.objects.values_list("department__code", flat=True)) == ["A1"]


@pytest.mark.parametrize(
    ("state", "code"), [(RoundState.PUBLISHED, "round_published"), (RoundState.ARCHIVED, "round_archived")]
)
def test_a_published_year_is_closed(city: dict[str, Department], state: RoundState, code: str) -> None:
    round_at(state)
    for work in (
        lambda: set_assessment(actor=console(), department=city["A1"], year=YEAR, score=Decimal(1)),
        lambda: set_assessments(actor=console(), year=YEAR, marks={city["A1"].pk: Marks(Decimal(1))}),
    ):
        with pytest.raises(Refused) as refusal:
            work()
        assert refusal.value.code == code
    assert not Assessment.objects.exists()


def test_every_earlier_state_and_another_year_stay_open(city: dict[str, Department]) -> None:
    round_at(RoundState.PUBLISHED, YEAR - 1)
    evaluation = round_at(RoundState.DRAFT)
    states = [state for state in RoundState if state not in (RoundState.PUBLISHED, RoundState.ARCHIVED)]
    for number, state in enumerate(states):
        evaluation.state = state
        evaluation.save()
        set_assessment(actor=console(), department=city["A1"], year=YEAR, score=Decimal(number))
    assert Assessment.objects.get().score == len(states) - 1


def test_the_way_to_withdraw_is_shown_to_those_who_may(city: dict[str, Department]) -> None:
    round_at(RoundState.PUBLISHED)
    for role, shown in (("committee", True), ("assessor", False)):
        with translation.override("zh-hans"), pytest.raises(Refused) as refusal:
            set_assessment(actor=user(role), department=city["A1"], year=YEAR, score=Decimal(1))
        assert bool(refusal.value.url) is shown
        assert "撤回公布" in str(refusal.value.message)
