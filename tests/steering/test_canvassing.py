"""Reports of canvassing: nobody is betrayed, nobody decides alone, and what is founded reaches the year."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from assessment.canvassing import limits, services
from assessment.canvassing.secrets import FormTokenError, case_key, new_form_token, token_of
from assessment.canvassing.selectors import look_up
from assessment.canvassing.services import Decision
from assessment.models import Assessment, CanvassingReport, CanvassingState, CanvassingStep, CanvassingStepKind
from assessment.services import set_assessment
from evaluation.models import Round
from evaluation.refusals import Refused
from evaluation.states import RoundState
from foundation import files
from foundation.models import AuditEntry, StoredFile
from tests.assessment import city
from tests.somebody import somebody

pytestmark = pytest.mark.django_db

FORM = reverse("canvassing:report-create")
STATE = reverse("canvassing:report-look-up")
LIST = reverse("canvassing:report-list")
JPEG = b"\xff\xd8\xff\xe0" + b"a picture" * 20


@pytest.fixture
def departments() -> Any:
    made = city.departments()
    city.round_at(RoundState.OPEN)
    return made


def sent(**values: Any) -> dict[str, Any]:
    """What a browser sends a minute after it opened the form."""
    return {"what": "有人在群里要求多打满意", "opened": new_form_token(time.time() - 60), "department": "", **values}


def received(departments: Any, code: str = "A1", token: bytes = b"one") -> CanvassingReport:
    key = services.receive_report(token=token, year=city.YEAR, department=departments[code], what="送购物卡")
    return CanvassingReport.objects.get(number=key.number)


def proposed(departments: Any, proposer: User, **decision: Any) -> CanvassingReport:
    report = received(departments)
    services.take_up(actor=proposer, report=report)
    values = {"outcome": CanvassingState.FOUNDED, "reason": "属实", "veto": "拉票", "answer": "已处理", **decision}
    services.propose(actor=proposer, report=report, decision=Decision(**values))
    return report


# -- the public form ---------------------------------------------------------------------------------------------------


def test_anybody_reports_and_looks_up_what_became_of_it(departments: Any, client: Client) -> None:
    assert client.get(FORM).status_code == 200
    answer = client.post(FORM, sent(department=departments["A1"].pk, contact="13800000001"))
    key = answer.context["key"]
    report = CanvassingReport.objects.get()
    assert (report.number, report.department, report.state) == (key.number, departments["A1"], "received")
    found = client.post(STATE, {"number": key.number_grouped.lower(), "secret": key.secret_grouped.lower()})
    assert found.context["found"].state == "received"
    wrong = client.post(STATE, {"number": key.number, "secret": "0" * 16})
    assert (wrong.status_code, wrong.context["found"]) == (422, None)


def test_nothing_leads_from_a_report_to_its_reporter(departments: Any, client: Client) -> None:
    client.post(FORM, sent(contact="13800000001"), REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Telephone/1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM assessment_canvassingreport")
        stored = " ".join(str(bytes(v) if isinstance(v, memoryview) else v) for v in cursor.fetchone())
    assert "13800000001" not in stored
    assert "满意" not in stored
    names = {field.name for field in CanvassingReport._meta.get_fields()}
    assert not names & {"address", "invitation", "created_at", "reported_at", "user"}
    # The audit log has the day alone, and no word of what was said.
    entry = AuditEntry.objects.get(action="canvassing.receive")
    assert timezone.localtime(entry.at).strftime("%H:%M:%S") == "00:00:00"
    assert entry.actor is None
    assert entry.after == {"department": "", "with_evidence": False}
    assert "sessionid" not in client.cookies


def test_a_second_click_makes_no_second_case(departments: Any, client: Client) -> None:
    form = sent()
    first, second = client.post(FORM, form), client.post(FORM, form)
    assert first.context["key"] == second.context["key"]
    assert CanvassingReport.objects.count() == 1
    assert AuditEntry.objects.filter(action="canvassing.receive").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"website": "http://example.invalid"},
        {"opened": "0" * 32 + ".1:forged"},
        {"opened": ""},
        {"what": "  "},
        {"department": "999999"},
        {"happened_on": "2999-01-01"},
        {"what": "字" * 4_001},
    ],
)
def test_what_is_no_report_is_not_taken(departments: Any, client: Client, wrong: dict[str, str]) -> None:
    assert client.post(FORM, sent(**wrong)).status_code == 422
    assert not CanvassingReport.objects.exists()


def test_a_form_is_good_from_three_seconds_to_twelve_hours() -> None:
    signed = new_form_token(1_000)
    assert len(token_of(signed, 1_003)) == 16
    for moment, code in ((1_002.9, "too_fast"), (1_000 + 12 * 3600 + 1, "too_old")):
        with pytest.raises(FormTokenError) as error:
            token_of(signed, moment)
        assert error.value.code == code


def test_a_department_out_of_the_year_cannot_be_named(departments: Any, client: Client) -> None:
    assert client.post(FORM, sent(department=departments["X9"].pk)).status_code == 422
    with pytest.raises(ValidationError):
        received(departments, "X9")


def test_evidence_is_judged_by_its_bytes_kept_encrypted_and_without_its_name(departments: Any, client: Client) -> None:
    wrong = client.post(FORM, sent(evidence=SimpleUploadedFile("photo.jpg", b"MZ a program")))
    assert wrong.status_code == 422
    large = client.post(FORM, sent(evidence=SimpleUploadedFile("photo.jpg", JPEG + b"0" * (10 * 2**20))))
    assert large.status_code == 422
    assert not StoredFile.objects.exists()
    done = client.post(FORM, sent(evidence=SimpleUploadedFile("zhangsan-phone.jpg", JPEG)))
    stored = StoredFile.objects.get()
    assert stored.name == f"{done.context['key'].number_grouped}.jpg"
    assert (stored.encrypted, stored.created_by, stored.permission) == (True, None, "canvassing.view")
    assert files.read(stored) == JPEG
    assert timezone.localtime(stored.created_at).strftime("%H:%M:%S") == "00:00:00"
    leader = Client()
    leader.force_login(somebody("leader"), backend="django.contrib.auth.backends.ModelBackend")
    assert leader.get(reverse("foundation:file-download", args=(stored.pk,))).status_code == 404


def test_a_flood_from_one_address_is_held_back_and_others_are_heard(departments: Any, client: Client) -> None:
    for _number in range(limits.OWN_LIMIT[limits.REPORT]):
        assert client.post(FORM, sent(), REMOTE_ADDR="203.0.113.9").status_code == 200
    assert client.post(FORM, sent(), REMOTE_ADDR="203.0.113.9").status_code == 429
    assert client.post(FORM, sent(), REMOTE_ADDR="203.0.113.10").status_code == 200
    assert CanvassingReport.objects.count() == 6


def test_words_cannot_be_tried_out(departments: Any, client: Client) -> None:
    report = received(departments)
    secret = case_key(b"one").secret
    assert look_up(report.number, secret) is not None
    for _number in range(limits.OWN_LIMIT[limits.LOOKUP]):
        assert client.post(STATE, {"number": report.number, "secret": "1" * 16}).status_code == 422
    assert client.post(STATE, {"number": report.number, "secret": secret}).status_code == 429


def test_without_a_round_nothing_can_be_sent(client: Client) -> None:
    city.departments()
    city.round_at(RoundState.DRAFT)
    client.post(FORM, sent())
    assert client.get(FORM).status_code == 200
    assert not CanvassingReport.objects.exists()


# -- the examination ---------------------------------------------------------------------------------------------------


def test_founded_by_two_persons_with_a_veto_that_keeps_the_rest(departments: Any) -> None:
    first, second = somebody("committee", "first"), somebody("committee", "second")
    set_assessment(
        actor=first, department=departments["A1"], year=city.YEAR, score=Decimal("88.5"), veto="发生责任事故"
    )
    report = proposed(departments, first)
    with pytest.raises(Refused) as refusal:
        services.confirm(actor=first, report=report)
    assert refusal.value.code == "two_persons"
    assert Assessment.objects.get().veto == "发生责任事故"
    services.confirm(actor=second, report=report)
    marks = Assessment.objects.get()
    assert (marks.score, marks.veto) == (Decimal("88.5"), "发生责任事故；拉票")
    report.refresh_from_db()
    assert report.state == "founded"
    case = look_up(report.number, case_key(b"one").secret)
    assert case is not None and (case.state, case.answer) == ("founded", "已处理")
    entries = AuditEntry.objects.filter(action__startswith="canvassing.").order_by("id")
    assert list(entries.values_list("action", flat=True)) == [
        "canvassing.receive", "canvassing.taken_up", "canvassing.proposed", "canvassing.confirmed",
    ]  # fmt: skip
    with pytest.raises(Refused):
        services.confirm(actor=second, report=report)


def test_unfounded_leaves_the_year_alone(departments: Any) -> None:
    report = proposed(departments, somebody("committee", "first"), outcome=CanvassingState.UNFOUNDED, veto="")
    services.confirm(actor=somebody("committee", "second"), report=report)
    report.refresh_from_db()
    assert report.state == "unfounded"
    assert not Assessment.objects.exists()


def test_the_answer_is_not_told_before_the_decision_stands(departments: Any) -> None:
    report = proposed(departments, somebody("committee"))
    case = look_up(report.number, case_key(b"one").secret)
    assert case is not None and (case.state, case.answer) == ("proposed", "")


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        ({"outcome": CanvassingState.UNFOUNDED}, "veto"),
        ({"outcome": "received", "veto": ""}, "outcome"),
        ({"reason": " "}, "reason"),
        ({"veto": "长" * 301}, "veto"),
    ],
)
def test_a_proposal_has_sense(departments: Any, decision: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        proposed(departments, somebody("committee"), **decision)
    assert field in error.value.error_dict


def test_no_veto_without_a_department_until_one_is_named(departments: Any) -> None:
    staff = somebody("committee")
    key = services.receive_report(token=b"two", year=city.YEAR, department=None, what="电话")
    report = CanvassingReport.objects.get(number=key.number)
    services.take_up(actor=staff, report=report)
    decision = Decision(CanvassingState.FOUNDED, "属实", "拉票")
    with pytest.raises(ValidationError):
        services.propose(actor=staff, report=report, decision=decision)
    services.assign(actor=staff, report=report, department=departments["B1"], reason="号码属该局")
    services.propose(actor=staff, report=report, decision=decision)
    services.confirm(actor=somebody("committee", "second"), report=report)
    assert Assessment.objects.get().department == departments["B1"]


def test_a_proposal_sent_back_is_examined_again(departments: Any) -> None:
    first, second = somebody("committee", "first"), somebody("committee", "second")
    report = proposed(departments, first)
    with pytest.raises(ValidationError):
        services.send_back(actor=second, report=report, reason="")
    services.send_back(actor=second, report=report, reason="证据不足")
    report.refresh_from_db()
    assert report.state == "examining"
    services.propose(actor=second, report=report, decision=Decision(CanvassingState.UNFOUNDED, "不属实"))
    services.confirm(actor=first, report=report)
    assert not Assessment.objects.exists()


def test_a_published_year_is_not_vetoed_behind_its_back(departments: Any) -> None:
    report = proposed(departments, somebody("committee", "first"))
    Round.objects.update(state=RoundState.PUBLISHED)
    with pytest.raises(Refused) as refusal:
        services.confirm(actor=somebody("committee", "second"), report=report)
    assert refusal.value.code == "round_published"
    report.refresh_from_db()
    assert report.state == "proposed"
    assert not report.steps.filter(kind=CanvassingStepKind.CONFIRMED).exists()


def test_who_may_not_enter_assessments_cannot_veto_this_way(departments: Any) -> None:
    report = proposed(departments, somebody("committee"))
    role = Role.objects.create(code="examiner", name="核查员", permissions=["canvassing.view", "canvassing.decide"])
    examiner = User.objects.create_user("examiner")
    examiner.grants.create(role=role)
    with pytest.raises(PermissionDenied):
        services.confirm(actor=examiner, report=report)
    assert not Assessment.objects.exists()
    assert not CanvassingStep.objects.filter(kind=CanvassingStepKind.CONFIRMED).exists()


def test_the_database_itself_wants_two_persons_and_keeps_steps(departments: Any) -> None:
    staff = somebody("committee")
    report = proposed(departments, staff)
    for alone in ({"proposed_by": staff}, {"proposed_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CanvassingStep.objects.create(report=report, kind=CanvassingStepKind.CONFIRMED, by=staff, **alone)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE assessment_canvassingstep SET reason = 'x'")


# -- who must not ------------------------------------------------------------------------------------------------------


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


ACTIONS = ["report-take-up", "report-assign", "report-propose", "report-send-back", "report-confirm"]


@pytest.mark.parametrize(
    "role", ["leader", "liaison", "assessor", "organiser", "sector_guide", "supervisor", "administrator"]
)
def test_most_people_never_see_a_report(departments: Any, role: str) -> None:
    report, client = received(departments), client_of(somebody(role))
    assert client.get(LIST).status_code == 403
    assert client.get(reverse("canvassing:report-detail", args=(report.pk,))).status_code == 403
    for action in ACTIONS:
        assert client.post(reverse(f"canvassing:{action}", args=(report.pk,))).status_code == 403


def test_the_auditor_reads_which_is_logged_and_does_nothing(departments: Any) -> None:
    auditor = somebody("auditor")
    report, client = received(departments), client_of(auditor)
    page = client.get(reverse("canvassing:report-detail", args=(report.pk,)))
    assert "送购物卡" in page.content.decode()
    assert not any(page.context["allowed"].values())
    assert AuditEntry.objects.get(action="canvassing.read").actor == auditor
    for action in ACTIONS:
        assert client.post(reverse(f"canvassing:{action}", args=(report.pk,))).status_code == 403
    for work in (services.take_up, services.confirm):
        with pytest.raises(PermissionDenied):
            work(actor=auditor, report=report)
    # What was said is not on the list.
    assert "送购物卡" not in client.get(LIST).content.decode()


def test_the_way_through_the_pages(departments: Any) -> None:
    first, second = client_of(somebody("committee", "first")), client_of(somebody("committee", "second"))
    report = received(departments)

    def at(name: str) -> str:
        return reverse(f"canvassing:{name}", args=(report.pk,))

    first.post(at("report-take-up"))
    empty = first.post(at("report-propose"), {})
    assert (empty.status_code, "propose-outcome" in empty.content.decode()) == (422, True)
    values = {"propose-outcome": "founded", "propose-reason": "属实", "propose-veto": "拉票", "propose-answer": "谢谢"}
    assert first.post(at("report-propose"), values).status_code == 302
    assert first.post(at("report-confirm")).status_code == 409
    assert first.get(at("report-detail")).context["own_proposal"]
    assert second.post(at("report-confirm")).status_code == 302
    report.refresh_from_db()
    assert report.state == "founded"
    assert Assessment.objects.get().veto == "拉票"
