"""One code, one ballot: the statement that takes it, twice, at the same time, too late."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from evaluation.admission import Standing, find
from evaluation.envelopes import Opener
from evaluation.models import Invitation, Round
from evaluation.services.closing import close_round
from evaluation.services.drafts import save_draft, start_draft
from evaluation.services.keys import private_key
from evaluation.services.submitting import (
    Content,
    DemoReturn,
    Outcome,
    new_token,
    read_token,
    sign_token,
    submit,
    submit_generated,
)
from tests.ballot.world import World, build

pytestmark = pytest.mark.django_db


def content(world: World, choice: int = 1, **opinions: str) -> Content:
    return Content(bytes([choice]) * world.size, opinions)


@pytest.fixture
def world() -> World:
    return build()


def opened(world: World, index: int = 0):
    return Opener(private_key(world.round)).open(bytes(world.reload(index).envelope))


class TestOneBallot:
    def test_a_ballot_is_taken_once(self, world: World) -> None:
        token = new_token()
        assert submit(admission=world.admission(), content=content(world), token=token) == Outcome.ACCEPTED
        row = world.reload()
        assert row.returned_on == timezone.localdate()
        assert row.returned_by == "online"
        assert len(bytes(row.envelope)) == 2048
        assert row.draft is None

    def test_the_same_form_twice_is_accepted_once(self, world: World) -> None:
        token = new_token()
        submit(admission=world.admission(), content=content(world, 1), token=token)
        first = bytes(world.reload().envelope)
        # The second form was read before the first arrived: a double click.
        assert submit(admission=world.admission(), content=content(world, 2), token=token) == Outcome.ACCEPTED_BEFORE
        assert bytes(world.reload().envelope) == first

    def test_another_form_is_told_that_the_code_is_used(self, world: World) -> None:
        before = world.admission()
        submit(admission=world.admission(), content=content(world, 1), token=new_token())
        first = bytes(world.reload().envelope)
        assert submit(admission=before, content=content(world, 2), token=new_token()) == Outcome.ALREADY_USED
        assert bytes(world.reload().envelope) == first

    def test_codes_do_not_touch_each_other(self, world: World) -> None:
        submit(admission=world.admission(0), content=content(world, 1), token=new_token())
        assert submit(admission=world.admission(1), content=content(world, 2), token=new_token()) == Outcome.ACCEPTED
        assert Invitation.objects.exclude(returned_on=None).count() == 2

    def test_a_ballot_may_be_replaced_where_the_round_allows_it(self, world: World) -> None:
        first, second = new_token(), new_token()
        submit(admission=world.admission(), content=content(world, 1), token=first)
        again = submit(admission=world.admission(), content=content(world, 3), token=second, replace=True)
        assert again == Outcome.REPLACED
        assert opened(world).answers == bytes([3]) * 6
        assert opened(world).receipt == second
        twice = submit(admission=world.admission(), content=content(world, 3), token=second, replace=True)
        assert twice == Outcome.ACCEPTED_BEFORE
        # The first form comes once more, late: it is not in the box any more, and is told so.
        late = submit(admission=world.admission(), content=content(world, 1), token=first)
        assert late == Outcome.ALREADY_USED

    def test_replacing_is_refused_where_the_round_forbids_it(self) -> None:
        world = build(replace_allowed=False)
        submit(admission=world.admission(), content=content(world, 1), token=new_token())
        again = submit(admission=world.admission(), content=content(world, 2), token=new_token(), replace=True)
        assert again == Outcome.ALREADY_USED
        assert opened(world).answers == bytes([1]) * 6

    def test_nothing_to_replace_yet(self, world: World) -> None:
        outcome = submit(admission=world.admission(), content=content(world), token=new_token(), replace=True)
        assert outcome == Outcome.ALREADY_USED
        assert world.reload().returned_on is None

    def test_a_paper_ballot_cannot_be_replaced_online(self, world: World) -> None:
        row = world.reload()
        row.returned_on, row.returned_by = timezone.localdate(), "paper"
        row.save()
        for replace in (False, True):
            outcome = submit(admission=world.admission(), content=content(world), token=new_token(), replace=replace)
            assert outcome == Outcome.ALREADY_USED
        assert world.reload().envelope is None


class TestContent:
    def test_recused_and_unjudged_departments_are_dropped(self) -> None:
        # Index 0 is a deputy (both groups) recused from D001; index 4 a resident, who judges only the odd ones.
        world = build(recused={0: ["D001"]})
        texts = {"D000": "甲", "D001": "乙"}
        submit(admission=world.admission(0), content=content(world, 2, **texts), token=new_token())
        submit(admission=world.admission(4), content=content(world, 2, **texts), token=new_token())
        assert opened(world, 0).answers == bytes([2, 0, 2, 2, 2, 2])
        assert opened(world, 0).opinions == {"D000": "甲"}
        assert opened(world, 4).answers == bytes([0, 2, 0, 2, 0, 2])
        assert opened(world, 4).opinions == {"D001": "乙"}

    def test_an_unknown_choice_is_refused(self, world: World) -> None:
        for answers in (bytes([9]) * 6, b"\x01"):
            with pytest.raises(ValueError, match="scale|answers"):
                submit(admission=world.admission(), content=Content(answers), token=new_token())
        assert world.reload().returned_on is None

    def test_a_blank_ballot_is_a_ballot(self, world: World) -> None:
        assert submit(admission=world.admission(), content=Content(bytes(6)), token=new_token()) == Outcome.ACCEPTED

    def test_weight_class_and_stratum_come_from_the_invitation(self, world: World) -> None:
        row = world.reload()
        row.weight_class = "expert"
        row.save()
        submit(admission=world.admission(), content=content(world), token=new_token())
        assert (opened(world).stratum, opened(world).weight_class, opened(world).year) == ("deputies", "expert", 2008)


class TestTokens:
    def test_only_this_servers_tokens_for_this_code_are_taken(self, world: World) -> None:
        mine, other = world.codes[0].hash, world.codes[1].hash
        token = new_token()
        assert read_token(sign_token(token, mine), mine) == token
        for value in (sign_token(token, other), token.hex(), "", "zz", token.hex() + "00" * 16):
            with pytest.raises(ValueError, match=r"."):
                read_token(value, mine)

    def test_the_invitation_does_not_keep_the_receipts_hash(self, world: World) -> None:
        from evaluation import receipts

        token = new_token()
        submit(admission=world.admission(), content=content(world), token=token)
        kept = bytes(world.reload().token_hash)
        assert kept != receipts.hash_of(receipts.text_of(token))
        assert token not in kept


class TestTimes:
    """Closing is at noon, the grace 15 minutes."""

    @pytest.fixture
    def noon(self) -> World:
        return build(closes_at=timezone.now() + timedelta(hours=1))

    def attempt(self, world: World, now_after: timedelta, opened_after: timedelta | None) -> Outcome:
        closes = world.round.closes_at
        admission = world.admission(started_at=closes + opened_after if opened_after is not None else None)
        return submit(admission=admission, content=content(world), token=new_token(), now=closes + now_after)

    def test_in_time(self, noon: World) -> None:
        assert self.attempt(noon, timedelta(seconds=-1), None) == Outcome.ACCEPTED

    def test_at_the_closing_minute_without_an_open_form(self, noon: World) -> None:
        assert self.attempt(noon, timedelta(0), None) == Outcome.CLOSED

    def test_grace_for_a_form_opened_in_time(self, noon: World) -> None:
        assert self.attempt(noon, timedelta(minutes=15), timedelta(seconds=-1)) == Outcome.ACCEPTED

    def test_no_grace_for_a_form_opened_late(self, noon: World) -> None:
        assert self.attempt(noon, timedelta(minutes=5), timedelta(seconds=1)) == Outcome.CLOSED

    def test_no_grace_for_a_form_opened_at_the_closing_minute(self, noon: World) -> None:
        assert self.attempt(noon, timedelta(minutes=5), timedelta(0)) == Outcome.CLOSED

    def test_after_the_grace(self, noon: World) -> None:
        assert self.attempt(noon, timedelta(minutes=15, seconds=1), timedelta(hours=-1)) == Outcome.CLOSED

    def test_a_form_from_the_future_is_a_form_of_now(self, noon: World) -> None:
        assert self.attempt(noon, timedelta(minutes=-1), timedelta(hours=1)) == Outcome.ACCEPTED

    def test_before_the_opening_time(self) -> None:
        world = build(opens_at=timezone.now() + timedelta(hours=1))
        outcome = submit(admission=world.admission(), content=content(world), token=new_token())
        assert outcome == Outcome.NOT_YET
        assert world.reload().returned_on is None

    def test_closing_early_ends_the_grace_too(self, noon: World) -> None:
        admission = noon.admission(started_at=timezone.now() - timedelta(minutes=1))
        close_round(actor=noon.staff, round=noon.round)
        assert submit(admission=admission, content=content(noon), token=new_token()) == Outcome.CLOSED
        assert noon.reload().returned_on is None
        noon.round.refresh_from_db()
        assert noon.round.grace_minutes == 0
        assert noon.round.closes_at <= timezone.now()

    def test_a_revoked_code(self, world: World) -> None:
        admission = world.admission()
        Invitation.objects.filter(pk=world.invitations[0].pk).update(revoked_on=timezone.localdate())
        assert submit(admission=admission, content=content(world), token=new_token()) == Outcome.REVOKED

    def test_a_code_replaced_by_another(self, world: World) -> None:
        admission = world.admission()
        Invitation.objects.filter(pk=world.invitations[0].pk).update(code_hash=b"x" * 32)
        assert submit(admission=admission, content=content(world), token=new_token()) == Outcome.REVOKED


class TestStanding:
    def test_each_state(self, world: World) -> None:
        assert world.admission().standing() == Standing.OPEN
        for state, expected in (
            ("drawn", Standing.NOT_YET),
            ("closed", Standing.CLOSED),
            ("counted", Standing.CLOSED),
            ("published", Standing.CLOSED),
        ):
            Round.objects.update(state=state)
            assert world.admission().standing() == expected
        Round.objects.update(state="open")
        submit(admission=world.admission(), content=content(world), token=new_token())
        assert world.admission().standing() == Standing.RETURNED

    def test_presenting_a_code_is_one_query_and_reads_no_envelope(
        self, world: World, django_assert_num_queries
    ) -> None:
        submit(admission=world.admission(), content=content(world), token=new_token())
        with django_assert_num_queries(1):
            admission = find(world.codes[0])
        assert admission is not None
        assert "envelope" not in admission.invitation.__dict__

    def test_a_submit_is_one_statement(self, world: World, django_assert_num_queries) -> None:
        admission = world.admission()
        admission.rules  # noqa: B018 -- read once by every process
        with django_assert_num_queries(1) as seen:
            submit(admission=admission, content=content(world), token=new_token())
        assert seen.captured_queries[0]["sql"].startswith("UPDATE")


def together(count: int, work) -> list:
    """Run ``work(n)`` in ``count`` threads that start at once, each with a connection of its own."""
    results: list = [None] * count
    barrier = threading.Barrier(count)

    def run(n: int) -> None:
        try:
            barrier.wait(10)
            results[n] = work(n)
        except Exception as error:  # noqa: BLE001 -- shown by the assertion
            results[n] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_eight_forms_of_one_code_give_one_ballot(self) -> None:
        world = build()
        ready = [world.admission() for _n in range(8)]
        outcomes = together(
            8, lambda n: submit(admission=ready[n], content=content(world, 1 + n % 4), token=new_token())
        )
        assert sorted(outcome.value for outcome in outcomes) == ["accepted"] + ["already_used"] * 7
        assert world.reload().envelope is not None

    def test_eight_clicks_on_one_form_give_one_ballot_and_eight_receipts(self) -> None:
        world = build()
        token = new_token()
        ready = [world.admission() for _n in range(8)]
        outcomes = together(8, lambda n: submit(admission=ready[n], content=content(world), token=token))
        assert sorted(outcome.value for outcome in outcomes) == ["accepted"] + ["accepted_before"] * 7

    def test_closing_and_submitting_agree(self) -> None:
        """Whoever was told "accepted" is in the box that closing leaves; nobody gets in after it."""
        world = build(people=6)
        ready = [world.admission(n) for n in range(8)]

        def work(n: int) -> Outcome | None:
            if n == 8:
                close_round(actor=world.staff, round=world.round)
                return None
            return submit(admission=ready[n], content=content(world), token=new_token())

        outcomes = together(9, work)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        for n, outcome in enumerate(outcomes[:8]):
            assert (world.reload(n).envelope is not None) == (outcome == Outcome.ACCEPTED)
            assert outcome in (Outcome.ACCEPTED, Outcome.CLOSED)

    @pytest.mark.postgres
    def test_a_submit_waits_for_a_closing_under_way(self) -> None:
        """The share lock: a submit that meets an uncommitted closing is refused once that commits, not slipped in."""
        from django.db import transaction

        world = build()
        admission = world.admission()
        outcomes: list = []

        def late() -> None:
            try:
                outcomes.append(submit(admission=admission, content=content(world), token=new_token()))
            finally:
                connection.close()

        with transaction.atomic():
            close_round(actor=world.staff, round=world.round)
            thread = threading.Thread(target=late)
            thread.start()
            thread.join(1.0)
            assert thread.is_alive()
        thread.join(10)
        assert outcomes == [Outcome.CLOSED]
        assert world.reload().envelope is None


class TestGenerated:
    def test_demo_ballots_are_sealed_like_any_other(self, world: World) -> None:
        day = timezone.localdate() - timedelta(days=2)
        rows = [
            DemoReturn(invitation, content(world, 2, D001="好"), day)
            for invitation in Invitation.objects.select_related("stratum").order_by("pk")[:3]
        ]
        assert submit_generated(round=world.round, returns=rows) == 3
        assert world.reload().returned_on == day
        assert opened(world).answers == bytes([2]) * 6

    def test_a_real_round_takes_none(self, world: World) -> None:
        world.round.is_demo = False
        with pytest.raises(ValueError, match="demo"):
            submit_generated(round=world.round, returns=[])


class TestReplacementDraft:
    def test_a_replacement_begun_keeps_the_ballot_until_it_is_submitted(self, world: World) -> None:
        submit(admission=world.admission(), content=content(world, 1), token=new_token())
        start_draft(admission=world.admission())
        save_draft(admission=world.admission(), answers={0: 3}, opinions={})
        assert opened(world).answers == bytes([1]) * 6
        submit(admission=world.admission(), content=content(world, 3), token=new_token(), replace=True)
        assert world.reload().draft is None
