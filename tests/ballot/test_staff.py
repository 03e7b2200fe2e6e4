"""Staff pages, jobs and commands of the vote: who may, who must not, and what they show."""

from __future__ import annotations

import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

from accounts.models import Role, RoleGrant, User
from evaluation.ballot_code import BallotCode
from evaluation.models import Ballot, Invitation, Round
from evaluation.services import counting
from evaluation.services.closing import close_due_rounds, close_round
from evaluation.services.codes import code_lists
from evaluation.services.keys import has_key_file
from evaluation.services.submitting import Content, new_token, submit
from evaluation.tasks import close_due_rounds as close_due_task
from evaluation.tasks import count_round as count_job
from evaluation.tasks import issue_codes as issue_job
from foundation import jobs
from foundation.jobs import SilentProgress
from foundation.models import AuditEntry, FileFetch, Job
from tests.ballot.world import World, build


def person(role: str, scope_kind: str = "all", scope_code: str = "") -> User:
    user = User.objects.create(username=f"{role}-{scope_code}", full_name=role)
    RoleGrant.objects.create(user=user, role=Role.objects.get(code=role), scope_kind=scope_kind, scope_code=scope_code)
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def cast(world: World, *indexes: int) -> None:
    for index in indexes:
        submit(admission=world.admission(index), content=Content(bytes(world.size)), token=new_token())


PAGES = ("codes/", "codes/issue/", "returns/", "returns/units/", "close/", "counting/", "counting/open/")


@pytest.mark.django_db
class TestWhoMayNot:
    @pytest.mark.parametrize(
        ("role", "allowed"),
        [
            ("committee", set(PAGES)),
            ("leader", {"returns/", "returns/units/", "counting/"}),
            ("auditor", {"returns/", "returns/units/", "counting/"}),
            ("liaison", set()),
            ("assessor", set()),
            ("supervisor", set()),
            ("administrator", set()),
        ],
    )
    def test_pages_by_role(self, role: str, allowed: set[str]) -> None:
        build(is_demo=False, state="drawn")
        client = browser(person(role))
        for page in PAGES:
            status = client.get(f"/rounds/2008/{page}").status_code
            assert (status == 200) == (page in allowed), f"{role} {page} {status}"
            assert status in (200, 403)

    def test_nobody_without_a_login(self) -> None:
        build()
        for page in PAGES:
            response = Client().get(f"/rounds/2008/{page}")
            assert response.status_code == 302
            assert "/login/" in response["Location"]

    def test_a_leader_cannot_act(self) -> None:
        world = build()
        close_round(actor=world.staff, round=world.round)
        client = browser(person("leader"))
        pk = world.invitations[0].pk
        for page in ("codes/issue/", f"codes/{pk}/reissue/", f"codes/{pk}/revoke/", "close/", "counting/open/"):
            assert client.post(f"/rounds/2008/{page}", {"reason": "x"}).status_code == 403
        assert not Ballot.objects.exists()

    def test_an_organiser_sees_the_own_stratum_and_no_code(self) -> None:
        world = build()
        cast(world, 0, 1, 4)
        client = browser(person("organiser", "stratum", "residents"))
        page = client.get("/rounds/2008/returns/").content.decode()
        # One of the four residents has returned; the two deputies are not the organiser's business.
        assert "小城居民代表" in page
        assert "小城人大代表" not in page
        assert "25.00%" in page
        assert client.get("/rounds/2008/codes/").status_code == 403
        assert client.get("/rounds/2008/").status_code == 403
        assert (
            "小城"
            not in browser(person("organiser", "stratum", "nothing")).get("/rounds/2008/returns/").content.decode()
        )
        rounds = client.get("/rounds/returns/").content.decode()
        assert "25.00%" in rounds

    def test_a_list_is_fetched_by_those_who_produce_codes_alone(self) -> None:
        world = build()
        file = code_lists(world.round)[0]
        assert browser(person("leader")).get(f"/jobs/files/{file.pk}/").status_code == 404
        assert browser(person("auditor")).get(f"/jobs/files/{file.pk}/").status_code == 404
        assert not FileFetch.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestPages:
    def test_codes_are_produced_listed_and_fetched(self) -> None:
        world = build(is_demo=False, state="drawn")
        staff = person("committee")
        client = browser(staff)
        page = client.get("/rounds/2008/codes/").content.decode()
        assert "生成评议码" in page
        assert "尚无" not in page
        assert "10 个" in client.get("/rounds/2008/codes/issue/").content.decode()
        response = client.post("/rounds/2008/codes/issue/")
        assert response.status_code == 302
        job = Job.objects.get(kind="evaluation.issue_codes")
        assert (job.state, job.result["count"]) == ("done", 10)
        assert Invitation.objects.filter(code_hash=None).count() == 0
        page = client.get("/rounds/2008/codes/").content.decode()
        file = code_lists(world.round)[0]
        assert file.name in page
        content = b"".join(client.get(f"/jobs/files/{file.pk}/").streaming_content)
        assert content.startswith(b"PK")
        assert FileFetch.objects.get().user == staff
        assert client.post("/rounds/2008/codes/issue/", follow=True).request["PATH_INFO"] == "/rounds/2008/codes/"

    def test_a_single_code_is_found_replaced_and_ended(self) -> None:
        world = build()
        client = browser(person("committee"))
        page = client.get("/rounds/2008/codes/", {"q": "示范deputies1"}).content.decode()
        pk = world.invitations[1].pk
        assert f"/rounds/2008/codes/{pk}/reissue/" in page
        assert client.post(f"/rounds/2008/codes/{pk}/reissue/", {"reason": ""}).status_code == 422
        client.post(f"/rounds/2008/codes/{pk}/reissue/", {"reason": "信件遗失"})
        assert Client().get(f"/b/{world.codes[1].reveal()}").status_code == 410
        client.post(f"/rounds/2008/codes/{pk}/revoke/", {"reason": "调离"})
        assert world.reload(1).revoked_on == timezone.localdate()
        assert "已作废" in client.get("/rounds/2008/codes/", {"q": "示范deputies1"}).content.decode()
        cast(world, 2)
        used = client.post(f"/rounds/2008/codes/{world.invitations[2].pk}/revoke/", {"reason": "x"})
        assert used.status_code == 409

    def test_closing_counting_and_the_report(self) -> None:
        world = build()
        cast(world, 0, 1, 4)
        client = browser(person("committee"))
        assert "7 份" in client.get("/rounds/2008/close/").content.decode()
        assert "截止时间" in client.get("/rounds/2008/close/").content.decode()
        assert client.post("/rounds/2008/counting/open/").status_code == 409
        response = client.post("/rounds/2008/close/", {"reason": "提前收齐"}, follow=True)
        assert response.request["PATH_INFO"] == "/rounds/2008/counting/"
        assert "/rounds/2008/counting/open/" in response.content.decode()
        assert "3 份" in client.get("/rounds/2008/counting/open/").content.decode()
        client.post("/rounds/2008/counting/open/")
        world.round.refresh_from_db()
        assert world.round.state == "counted"
        page = client.get("/rounds/2008/counting/").content.decode()
        assert world.round.receipts_root in page
        assert "小城人大代表" in page
        assert AuditEntry.objects.get(action="round.close_early").reason == "提前收齐"

    def test_an_interrupted_opening_is_shown_and_finished(self, monkeypatch) -> None:
        world = build()
        cast(world, 0)
        close_round(actor=world.staff, round=world.round)
        with monkeypatch.context() as patch:
            patch.setattr(counting, "clear_up", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                counting.count_round(actor=world.staff, round=world.round)
        client = browser(person("committee"))
        assert "开箱过程中断" in client.get("/rounds/2008/counting/").content.decode()
        client.post("/rounds/2008/counting/open/")
        assert not has_key_file(world.round)
        assert "开箱过程中断" not in client.get("/rounds/2008/counting/").content.decode()

    def test_returns_renew_themselves(self) -> None:
        world = build()
        client = browser(person("committee"))
        page = client.get("/rounds/2008/returns/").content.decode()
        assert 'hx-trigger="every 15s"' in page
        cast(world, 0, 4, 8)
        part = client.get("/rounds/2008/returns/", headers={"hx-request": "true"}).content.decode()
        assert "<html" not in part
        assert "30.00%" in part  # 3 of 10
        assert "玄武区" in part
        units = client.get("/rounds/2008/returns/units/", {"q": "示范企业"}).content.decode()
        assert "50.00%" in units  # one of the firm's two codes
        assert "没有找到单位" in client.get("/rounds/2008/returns/units/", {"q": "没有"}).content.decode()

    def test_english(self) -> None:
        build()
        client = browser(person("committee"))
        client.cookies["django_language"] = "en"
        for page, words in (
            ("codes/", "Only keyed hashes are kept"),
            ("returns/", "Counts of ballots only"),
            ("returns/", "Deputies"),
            ("counting/", "The box can be opened when it is closed"),
            ("close/", "Nothing opens by itself"),
        ):
            assert words in client.get(f"/rounds/2008/{page}").content.decode()


@pytest.mark.django_db(transaction=True)
class TestJobs:
    def test_a_job_that_was_killed_after_its_commit_reports_what_it_did(self) -> None:
        world = build()
        cast(world, 0)
        close_round(actor=world.staff, round=world.round)
        first = count_job(SilentProgress(), round_id=world.round.pk, user_id=world.staff.pk)
        second = count_job(SilentProgress(), round_id=world.round.pk, user_id=world.staff.pk)
        assert (first["opened"], second["opened"]) == (1, 1)
        assert Ballot.objects.count() == 1

    def test_codes_are_not_made_twice(self) -> None:
        world = build(is_demo=False, state="drawn")
        first = issue_job(SilentProgress(), round_id=world.round.pk, user_id=world.staff.pk)
        second = issue_job(SilentProgress(), round_id=world.round.pk, user_id=world.staff.pk)
        assert (first["count"], second["count"]) == (10, 0)
        assert first["file"] == second["file"]

    def test_a_refusal_is_the_jobs(self) -> None:
        world = build()
        with pytest.raises(jobs.JobRefused) as refusal:
            count_job(SilentProgress(), round_id=world.round.pk, user_id=world.staff.pk)
        assert refusal.value.code == "wrong_state"


@pytest.mark.django_db
class TestTheClock:
    def test_a_round_closes_when_time_and_grace_are_over(self) -> None:
        world = build(closes_at=timezone.now() - timedelta(minutes=14), grace_minutes=15)
        assert close_due_rounds() == []
        Round.objects.update(grace_minutes=13)
        assert close_due_task() == [2008]
        world.round.refresh_from_db()
        assert (world.round.state, world.round.grace_minutes) == ("closed", 13)
        assert world.round.closed_at is not None
        assert close_due_rounds() == []
        entry = AuditEntry.objects.get(action="round.close")
        assert entry.actor == world.staff
        assert entry.reason == "到时自动截止。"

    def test_rounds_that_are_not_open_are_left_alone(self) -> None:
        build(state="drawn", closes_at=timezone.now() - timedelta(days=1))
        assert close_due_rounds() == []


@pytest.mark.django_db(transaction=True)
class TestCommands:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        with translation.override("zh-hans"):  # as on a terminal: no request before it chose a language
            call_command(*arguments, stdout=out)
        return out.getvalue()

    def test_the_whole_way(self, tmp_path: Path) -> None:
        world = build(is_demo=False, state="drawn")
        path = tmp_path / "codes.xlsx"
        assert "10" in self.run("issue_codes", "2008", "--out", str(path), "--base-url", "https://pingyi.example/")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        import openpyxl

        rows = list(openpyxl.load_workbook(path).active.iter_rows(min_row=2, values_only=True))
        assert rows[0][6].startswith("https://pingyi.example/b/")
        assert code_lists(world.round)[0].erased_at is not None
        Round.objects.update(state="open")
        world.round.refresh_from_db()
        world.codes = [BallotCode.read(row[5]) for row in rows]
        cast(world, 0, 1)
        self.run("close_round", "2008")
        report = self.run("count_round", "2008")
        assert "收回 2 = 开封 2 + 无法开封 0" in report
        assert "deputies        returned 2 opened 2 unopenable 0" in report
        assert not has_key_file(world.round)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("close_round", "1999"),
            ("count_round", "2008"),
            ("issue_codes", "2008", "--out", "FILE"),
        ],
    )
    def test_refusals_are_one_line(self, arguments: tuple[str, ...], tmp_path: Path) -> None:
        build()
        with pytest.raises(CommandError) as refusal:
            self.run(*(str(tmp_path / "x.xlsx") if word == "FILE" else word for word in arguments))
        assert str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert list(tmp_path.glob("*.xlsx")) == []

    def test_an_existing_file_is_left_alone(self, tmp_path: Path) -> None:
        world = build(is_demo=False, state="drawn")
        path = tmp_path / "codes.xlsx"
        path.write_text("mine")
        with pytest.raises(CommandError):
            self.run("issue_codes", "2008", "--out", str(path))
        assert path.read_text() == "mine"
        assert world.round.invitations.exclude(code_hash=None).count() == 0
