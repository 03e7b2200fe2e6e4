"""Replacing somebody drawn: two persons, a reason, the next in reserve, never once a ballot was opened."""

from __future__ import annotations

import csv
import io
import json
import threading
import zipfile
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import DateTimeField
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import console
from departments.models import DepartmentYear
from evaluation.ballot_code import BallotCode
from evaluation.definition.configuration import RoundConfiguration
from evaluation.models import (
    DecisionKind,
    Invitation,
    Replacement,
    ReplacementDecision,
    Round,
)
from evaluation.refusals import Refused
from evaluation.replacements import by_stratum, next_in_reserve, replaced_file, together, waiting
from evaluation.selectors import configuration_of, figures_of, standing_draw, without_code
from evaluation.services import configure, draw_evaluators, freeze_register, open_round, returns, void_draw
from evaluation.services.codes import issue_codes, reissue_code, revoke_code
from evaluation.services.replacing import confirm_replacement, request_replacement, withdraw_replacement
from evaluators.draw.succession import main as succession
from evaluators.models import DrawnPlace, DrawnRole, Evaluator, EvaluatorStatus, Unit
from foundation import files
from foundation.append_only import AppendOnlyError
from foundation.models import AuditEntry
from tests.evaluation_rounds import city

pytestmark = pytest.mark.django_db


@pytest.fixture
def first() -> User:
    """The one who asks."""
    return city.user("committee", name="first")


@pytest.fixture
def second() -> User:
    """The one who confirms."""
    return city.user("committee", name="second")


def drawn(
    before: Callable[[Round], object] | None = None, *, npc: dict[str, object] | None = None, units: int = 0
) -> Round:
    """npc: 60 people, 10 drawn, 3 in reserve; with ``units`` also so many enterprises, half of them drawn, 2 left."""
    evaluation = city.draft()
    plans = city.strata_plans(
        evaluation,
        npc={"reserve": 3, **(npc or {})},
        residents={"quota": 20, "reserve": 4},
        media={"mode": "all", "quota": 0},
    )
    shares = {"npc": "40", "residents": "40", "media": "20"}
    if units:
        city.units("enterprises", units)
        row = {"drawn_by": "unit", "ballots_per_unit": 3, "quota": units // 2, "reserve": 2, "cell_by": ["district"]}
        plans.append({"code": "enterprises", "label": "企业", "mode": "random", **row})
        shares = {**shares, "media": "10", "enterprises": "10"}
    for section, changes in (
        ("strata", {"strata": plans}),
        ("weights", {"groups": city.weights(evaluation, **shares)}),
    ):
        configure(actor=console(), round=evaluation, section=section, changes=changes, version=evaluation.version)
    if before is not None:
        before(evaluation)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE, chances_reason="小城")
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    return evaluation


def seat(code: str = "npc", at: int = 0) -> DrawnPlace:
    return DrawnPlace.objects.filter(stratum__code=code, role=DrawnRole.MAIN).order_by("order")[at]


def reserve(code: str = "npc") -> list[DrawnPlace]:
    return list(DrawnPlace.objects.filter(stratum__code=code, role=DrawnRole.RESERVE).order_by("order"))


def ask(actor: User, evaluation: Round, place: DrawnPlace, reason: str = "unreachable", **options: object):
    return request_replacement(actor=actor, round=evaluation, place=place, reason=reason, **options)  # type: ignore[arg-type]


def replace(first: User, second: User, evaluation: Round, place: DrawnPlace, reason: str = "unreachable"):
    return confirm_replacement(actor=second, replacement=ask(first, evaluation, place, reason)).decision


def why(refusal: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [problem.code for problem in refusal.value.problems]


# Who


def test_one_person_alone_cannot_replace_anybody(first: User) -> None:
    evaluation = drawn()
    asked = ask(first, evaluation, seat())
    with pytest.raises(Refused) as refusal:
        confirm_replacement(actor=first, replacement=asked)
    assert why(refusal) == ["second_person"]
    assert not ReplacementDecision.objects.exists()
    assert evaluation.invitations.filter(place=seat(), replaced_on=None).count() == 1


def test_the_database_itself_refuses_one_person(first: User) -> None:
    evaluation = drawn()
    asked = ask(first, evaluation, seat())
    with pytest.raises(IntegrityError), transaction.atomic():
        ReplacementDecision.objects.create(
            replacement=asked,
            kind=DecisionKind.CONFIRMED,
            draw=asked.place.draw,
            place=asked.place,
            requested_by=first,
            decided_by=first,
            decided_on=timezone.localdate(),
            number=1,
            stand_in=reserve()[0],
        )


def test_what_was_decided_stays(first: User, second: User) -> None:
    decision = replace(first, second, drawn(), seat())
    decision.decided_by = first
    with pytest.raises(AppendOnlyError):
        decision.save()
    for table in ("evaluation_replacement", "evaluation_replacementdecision"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET note = 'x'"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.parametrize("role", ["leader", "auditor", "organiser", "liaison", "administrator", "supervisor"])
def test_who_may_not_draw_may_neither_ask_nor_confirm_nor_withdraw(role: str, first: User) -> None:
    evaluation = drawn()
    other = city.user(role)
    asked = ask(first, evaluation, seat())
    for act in (
        lambda: ask(other, evaluation, seat("npc", 1)),
        lambda: confirm_replacement(actor=other, replacement=asked),
        lambda: withdraw_replacement(actor=other, replacement=asked, reason="x"),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert not ReplacementDecision.objects.exists()


# The rule


def test_the_next_of_the_same_cell_stands_in_else_the_next_of_the_stratum(first: User, second: User) -> None:
    evaluation = drawn()
    order = reserve()
    same = [row.candidate for row in order if row.cell == seat().cell]
    other = [row.candidate for row in order if row.cell != seat().cell]
    expected = [*same, *other]  # by hand: those of the own cell in order, then whoever is left, in order
    leaving = list(
        DrawnPlace.objects.filter(stratum__code="npc", role=DrawnRole.MAIN, cell=seat().cell).order_by("order")
    )[:3]
    assert [replace(first, second, evaluation, place).stand_in.candidate for place in leaving] == expected


def test_reserves_used_up_are_named_and_nothing_is_kept(first: User, second: User) -> None:
    evaluation = drawn(npc={"reserve": 1})
    replace(first, second, evaluation, seat("npc", 0))
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat("npc", 1))
    assert why(refusal) == ["reserves_used_up"]
    assert "人大代表" in refusal.value.line
    assert Replacement.objects.count() == 1


def test_reserves_used_up_between_asking_and_confirming(first: User, second: User) -> None:
    evaluation = drawn(npc={"reserve": 1})
    late = ask(first, evaluation, seat("npc", 1))
    replace(first, second, evaluation, seat("npc", 0))
    with pytest.raises(Refused) as refusal:
        confirm_replacement(actor=second, replacement=late)
    assert why(refusal) == ["reserves_used_up"]
    assert evaluation.invitations.filter(place=late.place, replaced_on=None).exists()


def test_a_seat_is_replaced_twice_through_its_stand_in(first: User, second: User) -> None:
    evaluation = drawn()
    one = replace(first, second, evaluation, seat(), "died")
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat())
    assert why(refusal) == ["no_seat"]
    two = replace(first, second, evaluation, one.stand_in, "refused")
    assert (one.number, two.number) == (1, 2)
    assert two.stand_in not in (one.stand_in, one.place)
    # 10 seats still, of which two changed: the first has left, so has its stand-in.
    row = next(row for row in by_stratum(evaluation) if row.code == "npc")
    assert (row.seats, row.replaced, row.rate) == (10, 2, Fraction(1, 5))
    assert row.reasons == {"died": 1, "refused": 1}
    assert (row.reserve, row.unused) == (3, 1)


def test_an_unused_reserve_cannot_be_replaced(first: User) -> None:
    evaluation = drawn()
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, reserve()[0])
    assert why(refusal) == ["no_seat"]


def test_the_cap_of_a_unit_holds_for_stand_ins(first: User, second: User) -> None:
    """Two units, one of each at most: 2 drawn, and all in reserve are of a unit that is full, but for the one left."""

    def two_units(_evaluation: Round) -> None:
        one, two = city.units("npc", 2)
        people = list(Evaluator.objects.filter(stratum__code="npc").order_by("pk"))
        for at, person in enumerate(people):
            person.unit = one if at % 2 else two
            person.district = "鼓楼区"
        Evaluator.objects.bulk_update(people, ["unit", "district"])

    evaluation = drawn(two_units, npc={"quota": 2, "reserve": 6, "max_per_unit": 1})
    places = list(csv.DictReader(io.StringIO(files.read(standing_draw(2008).result_file).decode())))
    mains = [row for row in places if row["stratum"] == "npc" and row["role"] == "main"]
    assert len({row["unit"] for row in mains}) == 2
    # The only seat free is the one given up, so the stand-in is the first reserve of the unit of who leaves.
    wanted = next(
        row["id"]
        for row in places
        if row["stratum"] == "npc" and row["role"] == "reserve" and row["unit"] == mains[0]["unit"]
    )
    assert replace(first, second, evaluation, seat()).stand_in.candidate == wanted


def test_anybody_redoes_the_replacements_from_the_published_files(first: User, second: User, tmp_path) -> None:
    evaluation = drawn()
    for at in (3, 1, 7):
        replace(first, second, evaluation, seat("npc", at))
    record = standing_draw(2008)
    client = Client()
    client.force_login(first, backend="django.contrib.auth.backends.ModelBackend")
    with zipfile.ZipFile(io.BytesIO(client.get("/rounds/2008/draw/folder/").content)) as packed:
        packed.extractall(tmp_path)
    assert succession([str(tmp_path)]) == 0
    # Somebody else in the first row's place is found out.
    rows = replaced_file(record).decode().splitlines()
    swapped = [rows[0], rows[1].rpartition(",")[0] + "," + rows[2].rpartition(",")[2], *rows[2:]]
    (tmp_path / "replaced.csv").write_text("\n".join(swapped) + "\n")
    assert succession([str(tmp_path)]) == 1


def test_a_damaged_result_stops_it(first: User) -> None:
    evaluation = drawn()
    record = standing_draw(2008)
    record.result_file.sha256 = "0" * 64
    record.result_file.save(update_fields=["sha256"])
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat())
    assert why(refusal) == ["result_damaged"]


# When


def opened(evaluation: Round) -> Round:
    issue_codes(actor=console(), round=evaluation)
    return open_round(actor=console(), round=evaluation)


def test_whoever_opened_the_ballot_is_not_replaced(first: User) -> None:
    evaluation = opened(drawn())
    evaluation.invitations.filter(place=seat()).update(opened_on=timezone.localdate())
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat())
    assert why(refusal) == ["opened"]


def test_nor_whoever_opens_it_between_asking_and_confirming(first: User, second: User) -> None:
    evaluation = opened(drawn())
    asked = ask(first, evaluation, seat())
    evaluation.invitations.filter(place=seat()).update(opened_on=timezone.localdate())
    with pytest.raises(Refused) as refusal:
        confirm_replacement(actor=second, replacement=asked)
    assert why(refusal) == ["opened"]
    assert evaluation.invitations.get(place=seat()).replaced_on is None


def test_a_new_code_does_not_make_it_unopened(first: User) -> None:
    """A clerk who gives a started voter another code cannot get rid of the voter that way."""
    evaluation = opened(drawn())
    evaluation.invitations.filter(place=seat()).update(opened_on=timezone.localdate())
    reissue_code(actor=first, invitation=evaluation.invitations.get(place=seat()), reason="x")
    assert evaluation.invitations.get(place=seat()).opened_on is None
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat())
    assert why(refusal) == ["opened"]


@pytest.mark.parametrize("state", ["draft", "configured", "closed", "counted", "scored", "published", "archived"])
def test_only_from_the_draw_until_closing(state: str, first: User, second: User) -> None:
    evaluation = drawn()
    asked = ask(first, evaluation, seat())
    Round.objects.filter(pk=evaluation.pk).update(state=state)
    for act in (
        lambda: ask(first, evaluation, seat("npc", 1)),
        lambda: confirm_replacement(actor=second, replacement=asked),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert why(refusal) == ["wrong_state"]


def test_nor_when_the_closing_time_has_passed(first: User) -> None:
    evaluation = opened(drawn())
    Round.objects.filter(pk=evaluation.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat())
    assert why(refusal) == ["wrong_state"]


def test_a_voided_draw_takes_its_requests_along(first: User, second: User) -> None:
    evaluation = drawn()
    asked = ask(first, evaluation, seat())
    void_draw(actor=console(), round=evaluation, reason="重新抽取")
    assert not waiting(evaluation).exists()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE, chances_reason="小城")
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    with pytest.raises(Refused) as refusal:
        confirm_replacement(actor=second, replacement=asked)
    assert why(refusal) == ["no_seat"]


# Why


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"reason": "because"}, "unknown_reason"),
        ({"reason": "other", "note": "  "}, "note_missing"),
        ({"reason": "refused", "mark_in_register": True}, "nothing_to_mark"),
    ],
)
def test_unclear_reasons(options: dict, code: str, first: User) -> None:
    evaluation = drawn()
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat(), **options)
    assert why(refusal) == [code]


def test_another_reason_is_told_in_words(first: User) -> None:
    asked = ask(first, drawn(), seat(), "other", note=" 长期出国 ")
    assert asked.note == "长期出国"
    entry = AuditEntry.objects.get(action="replacement.request")
    assert entry.reason == "其他原因: 长期出国"
    assert entry.after == {"candidate": seat().candidate}


def test_twice_at_once_is_refused(first: User, second: User) -> None:
    evaluation = drawn()
    ask(first, evaluation, seat())
    with pytest.raises(Refused) as refusal:
        ask(second, evaluation, seat(), "moved")
    assert why(refusal) == ["asked_already"]


def test_withdrawing_needs_a_reason_and_frees_the_seat_to_be_asked_for_again(first: User, second: User) -> None:
    evaluation = drawn()
    asked = ask(first, evaluation, seat())
    with pytest.raises(Refused) as refusal:
        withdraw_replacement(actor=second, replacement=asked, reason=" ")
    assert why(refusal) == ["reason_missing"]
    withdraw_replacement(actor=first, replacement=asked, reason="已联系上")
    for act in (
        lambda: confirm_replacement(actor=second, replacement=asked),
        lambda: withdraw_replacement(actor=second, replacement=asked, reason="x"),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert why(refusal) == ["decided_already"]
    assert evaluation.invitations.get(place=seat()).replaced_on is None
    assert replace(first, second, evaluation, seat()).number == 1


def test_the_register_is_told_at_the_confirmation_where_that_was_asked_for(first: User, second: User) -> None:
    evaluation = drawn()
    asked = ask(first, evaluation, seat(), "moved", mark_in_register=True)
    person = seat().evaluator
    assert person.status == EvaluatorStatus.ACTIVE
    confirm_replacement(actor=second, replacement=asked)
    person.refresh_from_db()
    assert person.status == EvaluatorStatus.MOVED
    entry = AuditEntry.objects.get(action="evaluator.status")
    assert (entry.actor, entry.subject_id) == (second, str(person.pk))
    replace(first, second, evaluation, seat("npc", 1), "died")
    assert seat("npc", 1).evaluator.status == EvaluatorStatus.ACTIVE


# What follows


def test_the_old_code_ends_and_the_stand_in_gets_one(first: User, second: User, client: Client) -> None:
    evaluation = opened(drawn())
    old = evaluation.invitations.get(place=seat())
    code = BallotCode.new()
    evaluation.invitations.filter(pk=old.pk).update(code_hash=code.hash)
    decision = replace(first, second, evaluation, seat())
    old.refresh_from_db()
    assert (old.revoked_on, old.replaced_on) == (timezone.localdate(), timezone.localdate())
    page = client.get(f"/b/{code.reveal()}", follow=True)
    assert page.status_code == 410
    assert "已由他人代为评议" in page.content.decode()
    new = evaluation.invitations.get(place=decision.stand_in)
    assert (new.evaluator, new.code_hash, new.district) == (
        decision.stand_in.evaluator,
        None,
        decision.stand_in.evaluator.district,
    )
    assert without_code(evaluation) == 1
    assert issue_codes(actor=first, round=evaluation).count == 1
    for act in (reissue_code, revoke_code):
        with pytest.raises(Refused) as refusal:
            act(actor=first, invitation=old, reason="x")
        assert why(refusal) == ["replaced"]


def test_counts_keep_the_quota_and_show_who_was_replaced(first: User, second: User) -> None:
    evaluation = opened(drawn())
    before = returns.total(evaluation)
    decision = replace(first, second, evaluation, seat())
    replace(first, second, evaluation, decision.stand_in)
    # 10 npc + 20 residents + 4 media, all sent; one seat changed hands twice and its last holder has no code yet.
    after = returns.total(evaluation)
    assert (before.drawn, before.sent, before.replaced, before.stand_ins) == (34, 34, 0, 0)
    assert (after.drawn, after.sent, after.replaced, after.stand_ins) == (34, 33, 2, 1)
    npc = returns.by_stratum(evaluation)[[row.code for row in configuration_of(evaluation).strata].index("npc")]
    assert (npc.drawn, npc.sent, npc.replaced, npc.stand_ins) == (10, 9, 2, 1)
    assert figures_of(evaluation).invited == 34
    assert together(by_stratum(evaluation)).seats == 30 + 4
    assert evaluation.populations["npc"] == 60


def test_the_stand_in_has_its_own_recusal_and_weight_class(first: User, second: User) -> None:
    """Whoever is next in reserve works for D-party-1 and is of a class that the round does not know."""
    evaluation = drawn()
    found = next_in_reserve(DrawnPlace.objects.select_related("draw__snapshot", "stratum").get(pk=seat().pk))
    stand_in = DrawnPlace.objects.get(candidate=found.id)
    employer = DepartmentYear.objects.get(year=2008, department__code="D-party-1").department
    Evaluator.objects.filter(pk=stand_in.evaluator_id).update(employer=employer, weight_class="grand")
    decision = replace(first, second, evaluation, seat())
    made = evaluation.invitations.get(place=decision.stand_in)
    assert made.recused == ["D-party-1"]
    # A class the round does not know counts as none: the default.
    assert made.weight_class == configuration_of(evaluation).default_class.code


@pytest.mark.parametrize(("members", "kept"), [(3, False), (4, True)])
def test_a_class_too_small_to_keep_stays_merged(members: int, kept: bool, first: User, second: User) -> None:
    """With min_cell 5 the stand-in's class is kept if it is the fifth who holds it in the stratum, not the fourth."""

    def with_class(evaluation: Round) -> None:
        rules = configuration_of(evaluation).to_dict()
        heavy = {**rules["weight_classes"][0], "code": "heavy", "label": "重", "weight": "2", "default": False}
        configure(
            actor=console(),
            round=evaluation,
            section="classes",
            changes={"weight_classes": [*rules["weight_classes"], heavy]},
            version=evaluation.version,
        )

    evaluation = drawn(with_class)
    assert configuration_of(evaluation).min_cell == 5
    serving = evaluation.invitations.filter(stratum__code="npc").exclude(place=seat()).order_by("pk")[:members]
    Invitation.objects.filter(pk__in=[row.pk for row in serving]).update(weight_class="heavy")
    Evaluator.objects.filter(places__in=reserve()).update(weight_class="heavy")
    decision = replace(first, second, evaluation, seat())
    made = evaluation.invitations.get(place=decision.stand_in)
    assert made.weight_class == ("heavy" if kept else configuration_of(evaluation).default_class.code)


def test_a_unit_is_replaced_as_a_whole_by_the_next_unit(first: User, second: User) -> None:
    evaluation = opened(drawn(units=8))
    place = seat("enterprises")
    decision = replace(first, second, evaluation, place)
    assert decision.stand_in == reserve("enterprises")[0]
    old = evaluation.invitations.filter(place=place)
    new = evaluation.invitations.filter(place=decision.stand_in)
    assert (old.exclude(replaced_on=None).count(), new.count()) == (3, 3)
    assert set(new.values_list("unit", "evaluator", "code_hash")) == {(decision.stand_in.unit_id, None, None)}
    row = next(row for row in by_stratum(evaluation) if row.code == "enterprises")
    assert (row.seats, row.replaced, row.unused) == (4, 1, 1)
    assert returns.total(evaluation).drawn == 34 + 4 * 3


def test_a_unit_of_which_one_ballot_was_opened_stays(first: User) -> None:
    evaluation = opened(drawn(units=8))
    place = seat("enterprises")
    Invitation.objects.filter(pk=evaluation.invitations.filter(place=place).first().pk).update(
        opened_on=timezone.localdate()
    )
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, place)
    assert why(refusal) == ["opened"]


def test_a_stand_in_whom_the_register_has_as_gone_is_told(first: User, second: User) -> None:
    evaluation = drawn()
    Evaluator.objects.filter(places__in=reserve()).update(status=EvaluatorStatus.DECEASED)
    confirmed = confirm_replacement(actor=second, replacement=ask(first, evaluation, seat()))
    assert not confirmed.stand_in_is_active


def test_everything_is_in_the_audit_log(first: User, second: User) -> None:
    evaluation = drawn()
    decision = replace(first, second, evaluation, seat())
    withdraw_replacement(actor=second, replacement=ask(first, evaluation, seat("npc", 1)), reason="已联系上")
    rows = list(
        AuditEntry.objects.filter(action__startswith="replacement.").order_by("id").values_list("action", "actor")
    )
    assert rows == [
        ("replacement.request", first.pk),
        ("replacement.confirm", second.pk),
        ("replacement.request", first.pk),
        ("replacement.withdraw", second.pk),
    ]
    after = AuditEntry.objects.get(action="replacement.confirm").after
    assert after == {
        "candidate": seat().candidate,
        "stand_in": decision.stand_in.candidate,
        "number": 1,
        "invitations": 1,
    }
    names = [seat().evaluator.name, decision.stand_in.evaluator.name]
    log = json.dumps([vars(entry) for entry in AuditEntry.objects.all()], default=str, ensure_ascii=False)
    assert not any(f'"{name}"' in log for name in names)


def test_no_time_of_day_is_kept() -> None:
    for model in (Invitation, Replacement, ReplacementDecision):
        assert not [field.name for field in model._meta.get_fields() if isinstance(field, DateTimeField)]


# At the same time


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned or raised, all of them started together."""
    barrier = threading.Barrier(len(acts))
    outcomes: list[object] = [None] * len(acts)

    def run(at: int) -> None:
        barrier.wait(10)
        try:
            outcomes[at] = acts[at]()
        except Refused as refusal:
            outcomes[at] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clerks_at_once_use_two_reserves() -> None:
    first, second = city.user("committee", name="first"), city.user("committee", name="second")
    evaluation = drawn()
    one, two = ask(first, evaluation, seat("npc", 0)), ask(second, evaluation, seat("npc", 1))
    outcomes = at_once(
        lambda: confirm_replacement(actor=second, replacement=one),
        lambda: confirm_replacement(actor=first, replacement=two),
    )
    decisions = [outcome.decision for outcome in outcomes]
    assert sorted(decision.number for decision in decisions) == [1, 2]
    assert decisions[0].stand_in_id != decisions[1].stand_in_id


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_confirmations_of_one_request_use_one_reserve() -> None:
    first, second, third = (city.user("committee", name=name) for name in ("first", "second", "third"))
    evaluation = drawn()
    asked = ask(first, evaluation, seat())
    outcomes = at_once(
        lambda: confirm_replacement(actor=second, replacement=asked),
        lambda: confirm_replacement(actor=third, replacement=asked),
    )
    assert "decided_already" in outcomes
    assert ReplacementDecision.objects.count() == 1
    assert evaluation.invitations.filter(place__role=DrawnRole.RESERVE).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_voter_who_presses_start_during_the_confirmation_is_told_and_not_counted_as_opened() -> None:
    first, second = city.user("committee", name="first"), city.user("committee", name="second")
    evaluation = opened(drawn())
    code = BallotCode.new()
    evaluation.invitations.filter(place=seat()).update(code_hash=code.hash)
    asked = ask(first, evaluation, seat())
    voter = Client()
    voter.get(f"/b/{code.reveal()}")
    statuses: list[int] = []

    def start() -> None:
        try:
            statuses.append(voter.post("/b/ballot/start/", follow=True).status_code)
        finally:
            connection.close()

    thread = threading.Thread(target=start)
    with transaction.atomic():
        confirm_replacement(actor=second, replacement=asked)
        thread.start()
        thread.join(1)
        assert thread.is_alive()  # it waits for the row
    thread.join(10)
    assert statuses == [410]
    assert evaluation.invitations.get(place=seat()).opened_on is None


def test_units_that_moved_away_cannot_be_marked(first: User) -> None:
    evaluation = drawn(units=8)
    with pytest.raises(Refused) as refusal:
        ask(first, evaluation, seat("enterprises"), "moved", mark_in_register=True)
    assert why(refusal) == ["nothing_to_mark"]
    assert Unit.objects.filter(is_active=True).count() == 8


def test_the_configuration_is_untouched(first: User, second: User) -> None:
    evaluation = drawn()
    before = RoundConfiguration.from_dict(Round.objects.get().configuration).fingerprint()
    replace(first, second, evaluation, seat())
    assert RoundConfiguration.from_dict(Round.objects.get().configuration).fingerprint() == before
