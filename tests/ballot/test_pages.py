"""The ballot in a browser without JavaScript: every page, every state, its status, and what must never happen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from evaluation import attempts, ballot_cookie
from evaluation.ballot_code import BallotCode, demo_code
from evaluation.models import CodeAttempt, Invitation, Round
from evaluation.services.closing import close_round
from evaluation.services.codes import reissue_code, revoke_code
from evaluation.services.counting import count_round
from evaluation.services.drafts import open_draft
from foundation.context import forget_demo
from tests.ballot.world import World, build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_demo_notice() -> None:
    forget_demo()


@pytest.fixture
def world() -> World:
    return build(departments_per_page=2)


def hidden(response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found, f"no field {name}"
    return found[1]


class Voter:
    """An evaluator with a browser, who follows links and fills in forms as they stand."""

    def __init__(self, world: World, index: int = 0, *, strict: bool = False) -> None:
        self.world, self.code = world, world.codes[index]
        self.client = Client(enforce_csrf_checks=strict)

    def enter(self):
        return self.client.get(f"/b/{self.code.reveal()}", follow=True)

    def start(self):
        self.enter()
        return self.client.post("/b/ballot/start/", follow=True)

    def answer(self, number: int, choice: int = 1, go: str = "next", follow: bool = True, **extra: str):
        page = self.client.get(f"/b/ballot/{number}/")
        names = dict.fromkeys(re.findall(r'type="radio" name="(a\d+)"', page.content.decode()), str(choice))
        data = {**names, "opened": hidden(page, "opened"), "go": go, **extra}
        return self.client.post(f"/b/ballot/{number}/", data, follow=follow)

    def review(self) -> dict[str, str]:
        page = self.client.get("/b/ballot/review/")
        fields = {name: hidden(page, name) for name in ("token", "opened", "draft")}
        return {**fields, "replace": "1"} if 'name="replace"' in page.content.decode() else fields

    def submit(self, form: dict[str, str] | None = None):
        return self.client.post("/b/ballot/submit/", form or self.review(), follow=True)

    def vote(self, choice: int = 1):
        self.start()
        number = 1
        while self.answer(number, choice).request["PATH_INFO"] != "/b/ballot/review/":
            number += 1
        return self.submit()


class TestTheWholeWay:
    def test_from_the_link_to_the_receipt(self, world: World) -> None:
        voter = Voter(world)
        link = voter.client.get(f"/b/{voter.code.reveal()}")
        assert (link.status_code, link["Location"]) == (302, "/b/ballot/")
        intro = voter.client.get("/b/ballot/")
        assert intro.status_code == 200
        assert "2 个组别的 6 个部门" in intro.content.decode()
        first = voter.client.post("/b/ballot/start/", follow=True)
        assert first.request["PATH_INFO"] == "/b/ballot/1/"
        # Six departments, two groups of three, two a page: 2 + 1 + 2 + 1.
        for number in (1, 2, 3):
            assert voter.answer(number, 2).request["PATH_INFO"] == f"/b/ballot/{number + 1}/"
        assert voter.answer(4, 2, go="review").request["PATH_INFO"] == "/b/ballot/review/"
        done = voter.submit()
        assert done.request["PATH_INFO"] == "/b/ballot/receipt/"
        assert "您的选票已投入票箱" in done.content.decode()
        assert world.reload().envelope is not None

    def test_typing_the_code(self, world: World) -> None:
        typed = world.codes[0].reveal_grouped().lower().replace("0", "o")
        response = Client().post("/b/", {"code": f" {typed} "}, follow=True)
        assert response.request["PATH_INFO"] == "/b/ballot/"

    def test_groups_not_judged_and_recused_departments_are_absent(self) -> None:
        world = build(recused={0: ["D001"]})
        deputy, resident = Voter(world, 0), Voter(world, 4)
        deputy.start()
        resident.start()
        pages = "".join(deputy.client.get(f"/b/ballot/{n}/").content.decode() for n in (1, 2))
        assert sorted(re.findall(r"示范市第(\d)局</legend>", pages)) == ["0", "2", "3", "4", "5"]
        page = resident.client.get("/b/ballot/1/").content.decode()
        assert sorted(re.findall(r"示范市第(\d)局</legend>", page)) == ["1", "3", "5"]
        assert "小城经济管理" not in page

    def test_an_answer_to_what_is_not_on_the_page_is_ignored(self, world: World) -> None:
        voter = Voter(world, 4)  # a resident: D000 (answer 0) is not on the ballot
        voter.start()
        voter.answer(1, 1, a0="3", o0="不该有")
        voter.answer(2, 1)
        draft = open_draft(voter.code, world.reload(4).draft, 6)
        assert draft.answers[0] == 0
        assert not draft.opinions

    def test_the_order_is_shuffled_and_stays(self) -> None:
        world = build(departments=24, departments_per_page=24)
        orders = []
        for index in range(3):
            voter = Voter(world, index)
            voter.start()
            page = voter.client.get("/b/ballot/1/").content.decode()
            assert page.count("<legend>") == 12
            orders.append(re.findall(r'<fieldset class="dept" id="d(\d+)"', page))
            again = Voter(world, index)
            again.start()
            assert re.findall(r'id="d(\d+)"', again.client.get("/b/ballot/1/").content.decode()) == orders[-1]
        assert len({tuple(order) for order in orders}) == 3
        assert len({tuple(sorted(order)) for order in orders}) == 1

    def test_going_on_elsewhere(self, world: World) -> None:
        phone = Voter(world)
        phone.start()
        phone.answer(1, 3)
        computer = Voter(world)
        assert "继续填写（已评 2/6）" in computer.enter().content.decode()
        assert computer.client.post("/b/ballot/start/", follow=True).request["PATH_INFO"] == "/b/ballot/2/"
        assert computer.client.get("/b/ballot/1/").content.decode().count("checked") == 2

    def test_several_criteria_are_groups_of_their_own(self) -> None:
        world = build(items=3)
        voter = Voter(world)
        voter.start()
        page = voter.client.get("/b/ballot/1/").content.decode()
        # Three departments of the first group, three criteria each with four choices.
        assert page.count('<fieldset class="item">') == 9
        assert page.count('type="radio"') == 36
        assert voter.vote(4).request["PATH_INFO"] == "/b/ballot/receipt/"

    def test_opinions_are_kept_and_measured(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        number = re.findall(r'name="o(\d+)"', voter.client.get("/b/ballot/1/").content.decode())[0]
        long = voter.answer(1, 2, **{f"o{number}": "意" * 2001})
        assert long.status_code == 422
        assert "每条意见最多 2000 字，本条为 2001 字。" in long.content.decode()
        assert "意" * 2001 in long.content.decode()
        fine = voter.answer(1, 2, **{f"o{number}": "意\r\n" * 999 + "意"})  # line ends count as one character
        assert fine.status_code == 200
        assert len(open_draft(voter.code, world.reload().draft, 6).opinions[f"D00{number}"]) == 1999

    def test_a_forged_choice_is_refused(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        name = re.findall(r'type="radio" name="(a\d+)"', voter.client.get("/b/ballot/1/").content.decode())[0]
        for value in ("5", "99", "-1", "1.0", "²", "A"):
            assert voter.answer(1, 1, **{name: value}).status_code == 400
        assert world.reload().draft is None

    def test_review_lists_what_is_blank(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        voter.answer(1, 1)
        page = voter.client.get("/b/ballot/review/").content.decode()
        assert "还有 4 个部门未评" in page
        links = re.findall(r'href="(/b/ballot/\d/#d\d)"[^>]*>[^<]*</a><span class="review-blank">', page)
        assert len(links) == 4

    def test_saving_by_script(self, world: World) -> None:
        voter = Voter(world)
        page = voter.start().content.decode()
        name = re.findall(r'type="radio" name="(a\d+)"', page)[0]
        response = voter.client.post("/b/ballot/1/save/", {name: "2"})
        assert response.json() == {"answered": 1, "total": 6}
        assert open_draft(voter.code, world.reload().draft, 6).answers[int(name[1:])] == 2
        assert voter.client.post("/b/ballot/1/save/", {name: "77"}).status_code == 400
        assert voter.client.post("/b/ballot/9/save/", {}).status_code == 409
        voter.submit()
        late = voter.client.post("/b/ballot/1/save/", {name: "3"})
        assert late.status_code == 409
        assert world.reload().draft is None

    def test_english(self, world: World) -> None:
        voter = Voter(world)
        voter.client.cookies["django_language"] = "en"
        assert "departments in 2 groups" in voter.enter().content.decode()
        page = voter.start().content.decode()
        assert "Fairly satisfied" in page
        assert "Economy" in page

    def test_large_type_and_language_without_script(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        back = voter.client.post("/display/", {"large": "1", "next": "/b/ballot/1/"}, follow=True)
        assert re.search(r'<html lang="zh-hans" class="large">', back.content.decode(), re.I)
        back = voter.client.post("/language/", {"language": "en", "next": "/b/ballot/1/"}, follow=True)
        assert '<html lang="en" class="large">' in back.content.decode()


class TestReadingSpendsNothing:
    def test_get_and_head_change_nothing(self, world: World) -> None:
        before = Invitation.objects.filter(pk=world.invitations[0].pk).values().get()
        voter = Voter(world)
        for _scanner in range(3):
            Client().get(f"/b/{voter.code.reveal()}", follow=True)
            Client().head(f"/b/{voter.code.reveal()}")
        voter.enter()
        for path in ("", "ballot/", "ballot/1/", "ballot/review/", "ballot/receipt/", "receipts/"):
            voter.client.get(f"/b/{path}")
            voter.client.head(f"/b/{path}")
        assert Invitation.objects.filter(pk=world.invitations[0].pk).values().get() == before

    @pytest.mark.parametrize("path", ["ballot/start/", "ballot/submit/", "ballot/replace/", "ballot/1/save/", "leave/"])
    def test_what_changes_something_is_not_read(self, world: World, path: str) -> None:
        voter = Voter(world)
        voter.start()
        before = Invitation.objects.filter(pk=world.invitations[0].pk).values().get()
        assert voter.client.get(f"/b/{path}").status_code == 405
        assert Invitation.objects.filter(pk=world.invitations[0].pk).values().get() == before

    def test_only_start_counts_as_opened(self, world: World) -> None:
        voter = Voter(world)
        voter.enter()
        assert world.reload().opened_on is None
        voter.client.post("/b/ballot/start/")
        assert world.reload().opened_on == timezone.localdate()

    @pytest.mark.parametrize("path", ["", "ballot/start/", "ballot/1/", "ballot/1/save/", "ballot/submit/", "leave/"])
    def test_posts_from_elsewhere_are_refused(self, world: World, path: str) -> None:
        voter = Voter(world, strict=True)
        voter.enter()
        assert voter.client.post(f"/b/{path}", {"code": voter.code.reveal()}).status_code == 403


class TestTwice:
    def test_a_double_click_gives_one_ballot_and_its_receipt(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        voter.answer(1)
        form = voter.review()
        first, second = voter.submit(form), voter.submit(form)
        for response in (first, second):
            assert response.request["PATH_INFO"] == "/b/ballot/receipt/"
        pattern = r'<p class="receipt-code">.*?</p>'
        shown = [re.search(pattern, each.content.decode(), re.S)[0] for each in (first, second)]  # type: ignore[index]
        assert shown[0] == shown[1]

    def test_the_answer_that_got_lost(self, world: World) -> None:
        """The ballot is in, but the browser never saw the receipt: opening the page again shows it."""
        voter = Voter(world)
        voter.start()
        form = voter.review()
        cookie = voter.client.cookies[ballot_cookie.NAME].value
        voter.client.post("/b/ballot/submit/", form)
        voter.client.cookies[ballot_cookie.NAME] = cookie
        assert voter.client.get("/b/ballot/", follow=True).request["PATH_INFO"] == "/b/ballot/receipt/"

    def test_two_tabs_with_two_forms(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        voter.answer(1)
        one, two = voter.review(), voter.review()
        assert one["token"] != two["token"]
        voter.submit(one)
        envelope = bytes(world.reload().envelope)
        late = voter.submit(two)
        assert late.status_code == 409
        assert "该评议码的选票已投入票箱" in late.content.decode()
        assert bytes(world.reload().envelope) == envelope

    def test_what_was_reviewed_is_what_is_submitted(self, world: World) -> None:
        voter, twin = Voter(world), Voter(world)
        voter.start()
        voter.answer(1, 1)
        form = voter.review()
        twin.start()
        twin.answer(1, 3)
        changed = voter.submit(form)
        assert changed.status_code == 409
        assert "请再次核对" in changed.content.decode()
        assert world.reload().envelope is None
        again = voter.submit({name: hidden(changed, name) for name in ("token", "opened", "draft")})
        assert again.request["PATH_INFO"] == "/b/ballot/receipt/"

    def test_a_forged_token_leads_back_to_the_review(self, world: World) -> None:
        voter, other = Voter(world), Voter(world, 1)
        voter.start()
        other.start()
        for token in ("", "00" * 32, other.review()["token"]):
            response = voter.submit({**voter.review(), "token": token})
            assert response.request["PATH_INFO"] == "/b/ballot/review/"
        assert world.reload().envelope is None

    def test_replacing(self, world: World) -> None:
        voter = Voter(world)
        voter.vote(1)
        first = bytes(world.reload().envelope)
        page = voter.client.post("/b/ballot/replace/", follow=True)
        assert page.request["PATH_INFO"] == "/b/ballot/1/"
        assert "checked" not in page.content.decode()
        assert bytes(world.reload().envelope) == first
        for number in (1, 2, 3, 4):
            voter.answer(number, 3)
        assert voter.submit().request["PATH_INFO"] == "/b/ballot/receipt/"
        assert bytes(world.reload().envelope) != first

    def test_an_old_form_does_not_replace(self, world: World) -> None:
        """A review page from before, sent while a replacement is under way, is told that the code is used."""
        voter = Voter(world)
        voter.start()
        one, two = voter.review(), voter.review()
        voter.submit(one)
        first = bytes(world.reload().envelope)
        voter.client.post("/b/ballot/replace/")
        assert voter.submit(two).status_code == 409
        assert bytes(world.reload().envelope) == first

    def test_no_replacing_where_the_round_forbids_it(self) -> None:
        world = build(replace_allowed=False)
        voter = Voter(world)
        done = voter.vote(1)
        assert "重新填写" not in done.content.decode()
        first = bytes(world.reload().envelope)
        voter.client.post("/b/ballot/replace/", follow=True)
        assert world.reload().draft is None
        assert bytes(world.reload().envelope) == first


class TestStates:
    def see(self, voter: Voter, status: int, text: str, path: str = "/b/ballot/") -> None:
        voter.enter()
        response = voter.client.get(path)
        assert response.status_code == status
        assert text in response.content.decode()
        assert response["Cache-Control"] == "no-store"

    def test_not_yet(self) -> None:
        world = build(opens_at=timezone.now() + timedelta(days=1))
        self.see(Voter(world), 403, "评议尚未开始")
        assert Voter(world).start().status_code == 403
        assert world.reload().opened_on is None

    def test_before_the_round_is_opened(self) -> None:
        self.see(Voter(build(state="drawn")), 403, "评议尚未开始")

    def test_closed(self, world: World) -> None:
        close_round(actor=world.staff, round=world.round)
        self.see(Voter(world), 410, "您的评议码没有提交选票")

    def test_closed_after_voting(self, world: World) -> None:
        voter = Voter(world)
        voter.vote()
        close_round(actor=world.staff, round=world.round)
        self.see(Voter(world), 410, "您的选票已于")

    @pytest.mark.django_db(transaction=True)
    def test_counted(self) -> None:
        world = build()
        voter = Voter(world)
        voter.vote()
        close_round(actor=world.staff, round=world.round)
        count_round(actor=world.staff, round=world.round)
        self.see(Voter(world), 410, "您的选票已于")
        assert voter.client.get("/b/ballot/receipt/", follow=True).status_code == 410

    def test_used(self, world: World) -> None:
        Voter(world).vote()
        self.see(Voter(world), 409, "该评议码的选票已投入票箱")

    def test_revoked(self, world: World) -> None:
        revoke_code(actor=world.staff, invitation=world.invitations[0], reason="x")
        self.see(Voter(world), 410, "该评议码已失效")

    def test_replaced_by_another_code(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        reissue_code(actor=world.staff, invitation=world.invitations[0], reason="x")
        assert voter.client.get("/b/ballot/1/").status_code == 410
        assert Voter(world).client.get(f"/b/{voter.code.reveal()}").status_code == 410

    def test_unknown(self, world: World) -> None:
        response = Client().get(f"/b/{BallotCode.new().reveal()}")
        assert response.status_code == 404
        assert "没有与该评议码对应的选票" in response.content.decode()

    @pytest.mark.parametrize("path", ["nonsense", "ABCD", "ballot", "..%2F..%2Fetc", "0" * 300])
    def test_garbage(self, world: World, path: str) -> None:
        assert Client().get(f"/b/{path}").status_code in (404, 301)

    def test_without_a_code(self, world: World) -> None:
        for path in ("ballot/", "ballot/1/", "ballot/review/", "ballot/receipt/"):
            assert Client().get(f"/b/{path}")["Location"] == "/b/"

    def test_leaving_takes_the_code_off_the_device(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        voter.client.post("/b/leave/")
        assert voter.client.get("/b/ballot/")["Location"] == "/b/"

    def test_a_cookie_that_was_tampered_with_or_is_old(self, world: World, monkeypatch) -> None:
        voter = Voter(world)
        voter.start()
        value = voter.client.cookies[ballot_cookie.NAME].value
        voter.client.cookies[ballot_cookie.NAME] = value[:-6] + "AAAAAA"
        assert voter.client.get("/b/ballot/1/")["Location"] == "/b/"
        voter.client.cookies[ballot_cookie.NAME] = value
        monkeypatch.setattr(ballot_cookie, "MAX_AGE_SECONDS", -100)
        assert voter.client.get("/b/ballot/1/")["Location"] == "/b/"


class TestGrace:
    """The form was opened in time; closing comes while it is being filled in."""

    def closing(self, world: World, ago: timedelta) -> None:
        Round.objects.filter(pk=world.round.pk).update(closes_at=timezone.now() - ago)

    def test_a_form_opened_in_time_is_still_taken(self, world: World, monkeypatch) -> None:
        voter = Voter(world)
        self.began(voter, monkeypatch)
        voter.answer(1)
        form = voter.review()
        self.closing(world, timedelta(minutes=5))
        assert voter.answer(2).request["PATH_INFO"] == "/b/ballot/3/"
        form = voter.review()
        assert voter.submit(form).request["PATH_INFO"] == "/b/ballot/receipt/"

    def test_after_the_grace_it_is_not(self, world: World, monkeypatch) -> None:
        voter = Voter(world)
        self.began(voter, monkeypatch)
        form = voter.review()
        self.closing(world, timedelta(minutes=16))
        assert voter.submit(form).status_code == 410
        assert world.reload().envelope is None

    def test_whoever_comes_after_closing_is_late(self, world: World) -> None:
        self.closing(world, timedelta(minutes=1))
        assert Voter(world).start().status_code == 410

    def test_a_form_time_of_another_code_or_forged_does_not_help(self, world: World, monkeypatch) -> None:
        early, late = Voter(world), Voter(world, 1)
        self.began(early, monkeypatch)
        stolen = early.review()["opened"]
        late.start()
        form = late.review()
        self.closing(world, timedelta(minutes=1))
        late.client.cookies.pop("ballot")
        late.enter()
        for opened in (stolen, "forged", ""):
            assert late.submit({**form, "opened": opened}).status_code == 410
        assert world.reload(1).envelope is None

    def began(self, voter: Voter, monkeypatch) -> None:
        """Start half an hour ago."""
        real = timezone.now
        with monkeypatch.context() as patch:
            patch.setattr("evaluation.views.ballot.timezone.now", lambda: real() - timedelta(minutes=30))
            voter.start()


class TestGuessing:
    def guess(self, client: Client, number: int, **extra):
        return client.get(f"/b/{demo_code('guess', 1999, number).reveal()}", **extra)

    def test_wrong_codes_are_slowed_down_by_address(self, world: World) -> None:
        client = Client(REMOTE_ADDR="192.0.2.7")
        statuses = [self.guess(client, n).status_code for n in range(attempts.ADDRESS_LIMIT + 1)]
        assert statuses == [404] * attempts.ADDRESS_LIMIT + [429]
        limited = self.guess(client, 99)
        assert limited["Retry-After"] == "600"
        assert "错误次数过多" in limited.content.decode()
        # A right code has to wait as well, or the limit would be none; other addresses need not.
        assert client.get(f"/b/{world.codes[0].reveal()}").status_code == 429
        assert client.post("/b/", {"code": world.codes[0].reveal()}).status_code == 429
        assert Client(REMOTE_ADDR="192.0.2.8").get(f"/b/{world.codes[0].reveal()}").status_code == 302

    def test_whoever_is_in_already_goes_on(self, world: World) -> None:
        voter = Voter(world)
        voter.start()
        for n in range(attempts.ADDRESS_LIMIT + 1):
            self.guess(voter.client, n)
        assert voter.answer(1).request["PATH_INFO"] == "/b/ballot/2/"

    def test_typing_errors_count_too(self, world: World) -> None:
        client = Client()
        for _n in range(attempts.ADDRESS_LIMIT):
            assert client.post("/b/", {"code": "ABCD"}).status_code == 404
        assert client.post("/b/", {"code": "ABCD"}).status_code == 429

    def test_right_codes_do_not_count(self, world: World) -> None:
        for _n in range(attempts.ADDRESS_LIMIT + 5):
            assert Client().get(f"/b/{world.codes[0].reveal()}").status_code == 302
        assert CodeAttempt.objects.count() == 0

    def test_a_flood_from_everywhere(self, world: World, monkeypatch) -> None:
        monkeypatch.setattr(attempts, "GLOBAL_LIMIT", 5)
        for n in range(5):
            self.guess(Client(REMOTE_ADDR=f"198.51.100.{n}"), n)
        # Who has made one mistake waits; who has made none gets in.
        assert self.guess(Client(REMOTE_ADDR="198.51.100.1"), 9).status_code == 429
        clean = Client(REMOTE_ADDR="198.51.100.77")
        assert clean.get(f"/b/{world.codes[0].reveal()}").status_code == 302

    def test_an_ipv6_household_is_one_address(self, world: World) -> None:
        for n in range(attempts.ADDRESS_LIMIT):
            self.guess(Client(REMOTE_ADDR=f"2001:db8:1:2::{n:x}"), n)
        assert self.guess(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1"), 0).status_code == 429
        assert self.guess(Client(REMOTE_ADDR="2001:db8:1:3::1"), 0).status_code == 404

    def test_behind_a_proxy_its_word_counts_and_the_clients_does_not(self, world: World, settings) -> None:
        settings.AXES_IPWARE_PROXY_COUNT = 1
        for n in range(attempts.ADDRESS_LIMIT):
            self.guess(Client(), n, headers={"x-forwarded-for": f"203.0.113.{n}, 192.0.2.99"})
        again = self.guess(Client(), 0, headers={"x-forwarded-for": "203.0.113.250, 192.0.2.99"})
        assert again.status_code == 429
        assert self.guess(Client(), 0, headers={"x-forwarded-for": "192.0.2.1"}).status_code == 404

    def test_addresses_are_not_kept_and_soon_forgotten(self, world: World) -> None:
        self.guess(Client(REMOTE_ADDR="192.0.2.7"), 0)
        row = CodeAttempt.objects.get()
        assert b"192.0.2.7" not in bytes(row.address)
        CodeAttempt.objects.update(minute=row.minute - attempts.KEEP_MINUTES - 1)
        attempts.forget_old()
        assert not CodeAttempt.objects.exists()


class TestHeadersAndCookies:
    def test_the_code_leaves_the_address_at_once(self, world: World) -> None:
        response = Client().get(f"/b/{world.codes[0].reveal()}")
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "no-store"
        assert world.codes[0].reveal() not in response["Location"]

    def test_the_cookie_is_the_browsers_alone(self, world: World) -> None:
        client = Client()
        client.get(f"/b/{world.codes[0].reveal()}", secure=True)
        cookie = client.cookies[ballot_cookie.NAME]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Lax", "/b/", True)
        assert cookie["max-age"] == cookie["expires"] == ""
        assert world.codes[0].reveal() not in cookie.value
        assert set(client.cookies) == {ballot_cookie.NAME}

    def test_no_session_is_made(self, world: World) -> None:
        from django.contrib.sessions.models import Session

        voter = Voter(world)
        voter.vote()
        assert "sessionid" not in voter.client.cookies
        assert not Session.objects.exists()

    def test_no_page_shows_the_code(self, world: World) -> None:
        voter = Voter(world)
        pages = [voter.enter(), voter.start(), voter.answer(1), voter.client.get("/b/ballot/review/"), voter.submit()]
        for page in pages:
            assert voter.code.reveal() not in page.content.decode()
            assert voter.code.hash.hex() not in page.content.decode()

    def test_a_wrong_link_offers_switches_that_lead_away_from_it(self, world: World) -> None:
        wrong = BallotCode.new().reveal()
        response = Client().get(f"/b/{wrong}")
        assert wrong not in response.content.decode()
        assert response["Referrer-Policy"] == "strict-origin"


class TestCost:
    def test_queries(self, world: World, django_assert_num_queries) -> None:
        voter = Voter(world)
        name = re.findall(r'type="radio" name="(a\d+)"', voter.start().content.decode())[0]
        fresh = Client()
        with django_assert_num_queries(2):  # wrong codes, invitation with its round
            fresh.get(f"/b/{voter.code.reveal()}")
        with django_assert_num_queries(1):
            fresh.get("/b/ballot/")
        with django_assert_num_queries(2):  # invitation, names
            voter.client.get("/b/ballot/1/")
        with django_assert_num_queries(2):  # invitation, draft
            voter.client.post("/b/ballot/1/", {name: "1"})
        with django_assert_num_queries(2):
            voter.client.post("/b/ballot/1/save/", {name: "2"})
        with django_assert_num_queries(2):
            voter.client.get("/b/ballot/review/")
        form = voter.review()
        with django_assert_num_queries(2):  # invitation, the one statement
            voter.client.post("/b/ballot/submit/", form)
        with django_assert_num_queries(1):
            voter.client.get("/b/ballot/receipt/")

    def test_a_full_page_is_light(self) -> None:
        """Twenty departments with five criteria: page, style sheet, script and icons, compressed, under 100 kB."""
        import gzip

        from django.contrib.staticfiles import finders

        world = build(departments=40, departments_per_page=20, items=5)
        voter = Voter(world)
        page = voter.start().content
        assert page.count(b'<fieldset class="dept"') == 20
        total = len(gzip.compress(page))
        for name in ("css/ballot.css", "js/ballot.js", "img/icons.svg", "img/mark.svg"):
            with open(finders.find(name), "rb") as stream:
                total += len(gzip.compress(stream.read()))
        assert total < 100_000
