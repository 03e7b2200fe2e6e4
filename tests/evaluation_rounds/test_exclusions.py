"""Who is left out of a draw, or recused in part: each counted, each listed with its reason, each look written down."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import console
from departments.models import Department
from evaluation.exclusions import ExclusionSearch, counts_by_stratum, last_preview, totals, used_reasons
from evaluation.models import Invitation, Round
from evaluation.refusals import Refused
from evaluation.selectors import standing_snapshot
from evaluation.services import configure, create_round, draw_evaluators, freeze_register
from evaluation.services.excluding import export_exclusions, matching, preview_exclusions
from evaluation.tasks import erase_old_lists
from evaluators.models import Evaluator, EvaluatorStatus, Stratum, Unit
from foundation import files
from foundation.models import AuditEntry, FileFetch, Job, StoredFile
from tests.evaluation_rounds import city

pytestmark = pytest.mark.django_db


def department(code: str) -> Department:
    return Department.objects.get(code=code)


def people_with_reasons(evaluation: Round) -> None:
    """npc (own group) one inactive, one of D-party-1; residents (own department) one of it; media (none) one of it.

    D-legal: weighs nothing here. Enterprises are drawn by unit: one judges no D-economy-1, one judges nothing.
    """
    city.units("enterprises", 8)
    plans = city.strata_plans(
        evaluation,
        npc={"recusal": "group"},
        residents={"quota": 20, "recusal": "department"},
        media={"mode": "all", "quota": 0, "recusal": "none"},
    )
    plans.append(
        {"code": "enterprises", "label": "企业", "mode": "random", "drawn_by": "unit", "ballots_per_unit": 3,
         "quota": 4, "cell_by": ["district"]}
    )  # fmt: skip
    groups = city.weights(evaluation, npc="40", residents="40", media="10", enterprises="10")
    for section, changes in (("strata", {"strata": plans}), ("weights", {"groups": groups})):
        configure(actor=console(), round=evaluation, section=section, changes=changes, version=evaluation.version)
    Evaluator.objects.filter(code="npc-0001").update(status=EvaluatorStatus.MOVED)
    mine = department("D-party-1")
    Evaluator.objects.filter(code__in=["npc-0002", "residents-0001", "media-0001"]).update(employer=mine)
    some, every = Unit.objects.order_by("code")[:2]
    some.recused.set([department("D-economy-1")])
    every.recused.set(Department.objects.all())


def frozen() -> Round:
    evaluation = city.draft()
    people_with_reasons(evaluation)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    return evaluation


LINES = [
    b"U-enterprises-001,enterprises,recusal_list",
    b"U-enterprises-002,enterprises,recusal",
    b"npc-0001,npc,inactive",
    b"npc-0002,npc,recusal_group",
    b"residents-0001,residents,recusal_department",
]


def test_partial_recusals_are_counted_and_listed_beside_those_left_out() -> None:
    evaluation = frozen()
    snapshot = standing_snapshot(2008)
    assert list(matching(snapshot, ExclusionSearch())) == LINES
    assert files.read(snapshot.exclusions_file).splitlines()[1:] == LINES
    rows = {row.code: row for row in counts_by_stratum(snapshot.exclusion_counts, evaluation.populations)}
    # In the order of the columns: inactive, rotation, whole round, no stratum; own group, own department, unit's list.
    found = {code: (*row.out.values(), *row.partly.values()) for code, row in rows.items()}
    assert found == {
        "npc": (1, 0, 0, 0, 1, 0, 0),
        "enterprises": (0, 0, 1, 0, 0, 0, 1),
        "residents": (0, 0, 0, 0, 0, 1, 0),
        "media": (0, 0, 0, 0, 0, 0, 0),
    }
    assert used_reasons(list(rows.values())) == (
        ["inactive", "recusal"],
        ["recusal_group", "recusal_department", "recusal_list"],
    )
    together = totals(list(rows.values()))
    # 59 + 100 + 4 people and 7 units can be drawn; two are left out.
    assert (rows["npc"].candidates, together.candidates, together.together) == (59, 170, 2)
    assert together.partly == {"recusal_group": 1, "recusal_department": 1, "recusal_list": 1}


def test_what_is_listed_in_part_is_what_the_ballot_leaves_out() -> None:
    evaluation = frozen()
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    by_code = {row.evaluator.code: row.recused for row in Invitation.objects.filter(evaluator__isnull=False)}
    expected = {"npc-0002": ["D-party-1", "D-party-2"], "residents-0001": ["D-party-1"], "media-0001": []}
    for code, recused in expected.items():
        assert by_code.get(code, recused) == recused
    assert by_code["media-0001"] == []  # all of media are asked
    assert not [code for code, recused in by_code.items() if recused and code not in expected]


def test_somebody_whose_department_the_stratum_does_not_judge_is_not_in_the_list() -> None:
    evaluation = city.draft()
    groups = [
        {**row, "weights": {"npc": "40", "media": "60"} if row["code"] == "party" else row["weights"]}
        for row in evaluation.configuration["groups"]
    ]
    configure(
        actor=console(), round=evaluation, section="weights", changes={"groups": groups}, version=evaluation.version
    )
    Evaluator.objects.filter(code="residents-0001").update(employer=department("D-party-1"))
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert list(matching(standing_snapshot(2008), ExclusionSearch())) == []


def test_people_of_a_stratum_drawn_by_unit_are_no_candidates_and_so_not_left_out() -> None:
    city.people("enterprises", 1, status=EvaluatorStatus.MOVED)
    frozen()
    assert not [line for line in matching(standing_snapshot(2008), ExclusionSearch()) if b"enterprises-0001" in line]


def test_rotation_is_listed_for_people_and_units_alike() -> None:
    evaluation = frozen()
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    following = create_round(
        actor=console(), year=2009, title="b", copy_from=evaluation, opens_at=evaluation.opens_at,
        closes_at=evaluation.closes_at,
    )  # fmt: skip
    plans = [{**row, "rotation_rounds": 1} for row in following.configuration["strata"] if row["code"] != "media"]
    media = [row for row in following.configuration["strata"] if row["code"] == "media"]
    configure(actor=console(), round=following, section="strata", changes={"strata": plans + media}, version=0)
    freeze_register(actor=console(), round=following, seed_source=city.SOURCE, chances_reason="轮休")
    resting = ExclusionSearch(reason="rotation")
    counts = {}
    for line in matching(standing_snapshot(2009), resting):
        stratum = line.split(b",")[1].decode()
        counts[stratum] = counts.get(stratum, 0) + 1
    assert counts == {"npc": 10, "residents": 20, "enterprises": 4}


@pytest.mark.parametrize(
    ("text", "stratum", "reason", "expected"),
    [
        ("", "npc", "", [2, 3]),
        ("", "", "out", [1, 2]),
        ("", "", "partly", [0, 3, 4]),
        ("", "npc", "partly", [3]),
        ("", "", "recusal", [1]),  # not recusal_group, which begins like it
        ("npc-0002", "", "", [3]),
        ("张2", "", "", [3]),  # by name: npc-0002 is called 张2, as is residents-0002, who is not in the list
        ("enterprises单位1", "", "", [0]),
        ("李", "", "", []),
    ],
)
def test_search_and_filters(text: str, stratum: str, reason: str, expected: list[int]) -> None:
    frozen()
    search = ExclusionSearch(text, Stratum.objects.filter(code=stratum).first(), reason)
    assert list(matching(standing_snapshot(2008), search)) == [LINES[at] for at in expected]


def test_a_list_that_was_altered_is_refused() -> None:
    frozen()
    snapshot = standing_snapshot(2008)
    snapshot.exclusions_file.sha256 = "0" * 64
    with pytest.raises(Refused) as refusal:
        matching(snapshot, ExclusionSearch())
    assert refusal.value.code == "exclusions_damaged"


@pytest.fixture
def clerk() -> User:
    return city.user("committee", name="clerk")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_each_look_is_written_down_without_the_words(clerk: User) -> None:
    frozen()
    client = browser(clerk)
    answer = client.post("/rounds/2008/exclusions/", {"q": "张2", "reason": "partly"}, follow=True)
    assert "npc-0002" in answer.content.decode()
    assert "%E5%BC%A0" not in answer.request["QUERY_STRING"]
    entry = AuditEntry.objects.get(action="exclusions.view")
    assert (entry.actor, entry.after) == (
        clerk,
        {"rows": 1, "page": 1, "exclusion_reason": "partly", "by_words": True},
    )


@pytest.mark.parametrize(
    "role", ["leader", "auditor", "organiser", "liaison", "assessor", "supervisor", "administrator"]
)
def test_nobody_else_sees_who_was_left_out(role: str) -> None:
    frozen()
    client = browser(city.user(role))
    for page in ("", "file/", "preview/"):
        assert client.get(f"/rounds/2008/exclusions/{page}").status_code == 403
        assert client.post(f"/rounds/2008/exclusions/{page}").status_code == 403
    file = standing_snapshot(2008).exclusions_file
    assert client.get(f"/jobs/files/{file.pk}/").status_code in (403, 404)
    with pytest.raises(PermissionDenied):
        export_exclusions(
            actor=User.objects.get(username=role),
            round=Round.objects.get(),
            snapshot=standing_snapshot(2008),
            search=ExclusionSearch(),
        )
    with pytest.raises(PermissionDenied):
        preview_exclusions(actor=User.objects.get(username=role), round=Round.objects.get())
    assert not AuditEntry.objects.filter(action__startswith="exclusions.").exists()


@pytest.mark.django_db(transaction=True)
def test_the_file_has_the_names_and_reasons_and_is_gone_after_a_week(clerk: User) -> None:
    frozen()
    client = browser(clerk)
    client.post("/rounds/2008/exclusions/file/?reason=partly")
    job = Job.objects.get(kind="evaluation.exclusions")
    assert (job.state, job.result["rows"]) == ("done", 3)
    stored = StoredFile.objects.get(kind="evaluation.exclusions")
    assert stored.encrypted
    content = b"".join(client.get(f"/jobs/files/{stored.pk}/").streaming_content)
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    assert [row[1:] for row in rows[-3:]] == [
        ("企业管理人员", "enterprises单位1", "U-enterprises-001", None, "有不评议部门的单位"),
        ("人大代表", "张2", "npc-0002", None, "不评议本单位所在组别"),
        ("社区居民", "张1", "residents-0001", None, "不评议本人所在部门"),
    ]
    assert FileFetch.objects.get(file=stored).user == clerk
    taken = AuditEntry.objects.get(action="exclusions.export")
    assert (taken.actor, taken.after["rows"], taken.after["exclusion_reason"]) == (clerk, 3, "partly")
    assert AuditEntry.objects.filter(action="file.fetch").count() == 1
    StoredFile.objects.filter(pk=stored.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert erase_old_lists() == 1


@pytest.mark.django_db(transaction=True)
def test_the_numbers_can_be_seen_before_freezing_and_are_those_of_freezing(clerk: User) -> None:
    evaluation = city.draft()
    people_with_reasons(evaluation)
    client = browser(clerk)
    client.post("/rounds/2008/exclusions/preview/")
    found = last_preview(evaluation)
    assert found is not None
    assert Round.objects.get().state == "draft"
    assert not StoredFile.objects.filter(kind="draw.exclusions").exists()
    snapshot = freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert found.result["counts"] == snapshot.exclusion_counts
    assert found.result["candidates"] == evaluation.populations
    with pytest.raises(Refused) as refusal:
        preview_exclusions(actor=clerk, round=evaluation)
    assert refusal.value.code == "wrong_state"


@pytest.mark.django_db(transaction=True)
def test_numbers_of_other_rules_say_so(clerk: User) -> None:
    evaluation = city.draft()
    client = browser(clerk)
    client.post("/rounds/2008/exclusions/preview/")
    stale = "配置在统计之后已有修改"
    assert stale not in client.get("/rounds/2008/exclusions/preview/").content.decode()
    plans = [{**row, "recusal": "round"} for row in Round.objects.get().configuration["strata"]]
    evaluation.refresh_from_db()
    configure(
        actor=console(), round=evaluation, section="strata", changes={"strata": plans}, version=evaluation.version
    )
    assert stale in client.get("/rounds/2008/exclusions/preview/").content.decode()


def test_a_hundred_thousand_lines_page_quickly(clerk: User, django_assert_max_num_queries) -> None:
    """The page reads the names of its own 50 lines alone, however long the list."""
    frozen()
    snapshot = standing_snapshot(2008)
    lines = "".join(f"E{at:06},residents,{'inactive' if at % 3 else 'rotation'}\n" for at in range(100_000))
    snapshot.exclusions_file = files.store(
        f"code,stratum,reason\n{lines}".encode(),
        kind="draw.exclusions",
        name="exclusions.csv",
        content_type="text/csv",
        permission="round.draw",
        user=clerk,
        encrypted=True,
    )
    snapshot.save(update_fields=["exclusions_file"])
    client = browser(clerk)
    client.get("/rounds/2008/exclusions/")
    with django_assert_max_num_queries(30):
        page = client.get("/rounds/2008/exclusions/", {"page": 667, "reason": "rotation"}).content.decode()
    # Every third of 100,000 from the first: 33,334, of which the 667th page of 50 begins with the 33,301st, E099900.
    assert "33,334" in page
    assert "E099900" in page
    assert "E099897" not in page
