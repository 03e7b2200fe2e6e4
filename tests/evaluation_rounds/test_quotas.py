"""Planning the quotas of a draft: what is counted, the page with its figures, suggestions, trial draws; who may."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import console
from evaluation.models import Ballot, Invitation, PlanningBasis, Round, TrialDraws
from evaluation.quota_basis import LastRound, basis_of, count_register, is_outdated, last_round_of
from evaluation.quota_figures import Figures
from evaluation.quotas.population import Population
from evaluation.refusals import Refused
from evaluation.selectors import configuration_of
from evaluation.services import configure, draw_evaluators, freeze_register
from evaluation.services.freezing import preview_register
from evaluation.services.planning import count_basis, run_trials
from evaluators.draw import BadInput, check_public_seed
from evaluators.models import Evaluator, Stratum
from evaluators.services.registry import set_status
from foundation.append_only import AppendOnlyError
from foundation.jobs import SilentProgress
from foundation.models import AuditEntry, Job
from tests.evaluation_rounds import city
from tests.evaluation_rounds.test_pages import Inputs, client_of, form_of, section_url, staff

__all__ = ["staff"]
pytestmark = pytest.mark.django_db

PAGE = section_url(2008, "strata")
FIGURES = reverse("evaluation:quota-figures", args=(2008,))
TRIALS = reverse("evaluation:trial-detail", args=(2008,))


def planned(evaluation: Round, **plans: dict[str, Any]) -> Round:
    """The draft with changed plans of its strata, as saved."""
    strata = [{**row, **plans.get(row["code"], {})} for row in evaluation.configuration["strata"]]
    return configure(
        actor=console(), round=evaluation, section="strata", changes={"strata": strata}, version=evaluation.version
    )


def figures_of(evaluation: Round) -> Figures:
    return Figures(evaluation, configuration_of(evaluation), basis_of(evaluation))


# Counting


def test_what_is_counted_is_what_freezing_would_take() -> None:
    """Rotation, recusal, statuses and units together: the counts agree with the candidates of the preview."""
    first = city.draft(2008)
    first = planned(first, residents={"quota": 30})
    freeze_register(actor=console(), round=first, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=first, public_seed=city.SEED, witnesses=city.WITNESSES)
    second = planned_next()
    rows = list(Evaluator.objects.filter(stratum__code="residents").order_by("code"))
    employer = city.departments(2009)[0]
    Evaluator.objects.filter(pk__in=[row.pk for row in rows[:7]]).update(employer=employer)
    Evaluator.objects.filter(pk__in=[row.pk for row in rows[90:]]).update(status="paused")
    units = city.units("residents", 4)
    for number, row in enumerate(rows[:20]):
        Evaluator.objects.filter(pk=row.pk).update(unit=units[number % 4])
    counted = count_register(second, SilentProgress())
    for rotation, recusal in ((0, "department"), (1, "department"), (1, "round"), (3, "round"), (1, "none")):
        changed = planned(second, residents={"rotation_rounds": rotation, "recusal": recusal})
        preview = preview_register(changed, "-", uuid.uuid4(), SilentProgress())
        people = Population.from_dict(counted["residents"]["person"])
        assert people.size(rotation, recusal) == preview.collected.sizes["residents"], (rotation, recusal)
    # 90 active; of them some of the 30 drawn rest
    assert people.active == 90
    assert people.resting(1) == Invitation.objects.filter(
        evaluator__stratum__code="residents", evaluator__status="active"
    ).count()  # fmt: skip
    assert Population.from_dict(counted["residents"]["unit"]).active == 4


def planned_next() -> Round:
    """A draft of 2009 with the strata and weights of 2008's."""
    from evaluation.services import create_round

    city.departments(2009)
    now = timezone.now()
    first = Round.objects.get(year=2008)
    return create_round(
        actor=console(), year=2009, title="a", copy_from=first, opens_at=now, closes_at=now + timezone.timedelta(days=3)
    )


def test_only_published_rounds_are_looked_at() -> None:
    first = city.draft(2008)
    freeze_register(actor=console(), round=first, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=first, public_seed=city.SEED, witnesses=city.WITNESSES)
    layer = Stratum.objects.get(code="npc")
    # Ten ballots of ten departments: 7 satisfied, 3 not, for each. S² = 10/9 · 0.21 = 0.2333…
    for number in range(10):
        Ballot.objects.create(
            id=bytes([number] * 16), round=first, stratum=layer, answers=bytes([1 if number < 7 else 3] * 10)
        )
    npc = Invitation.objects.filter(round=first, stratum=layer)
    for invitation in npc[:8]:
        invitation.returned_on = timezone.localdate()
        invitation.save(update_fields=["returned_on"])
    for state in ("counted", "scored"):
        Round.objects.filter(pk=first.pk).update(state=state)
        assert last_round_of(2009) is None
    Round.objects.filter(pk=first.pk).update(state="published")
    last = last_round_of(2009)
    assert last is not None
    before = last.strata["npc"]
    assert (last.year, before.invited, before.returned) == (2008, 10, 8)
    assert before.typical == pytest.approx(0.7 * 0.3 * 10 / 9)
    assert set(before.departments) == {code for code in before.departments if code.startswith("D-")}
    assert len(before.departments) == 10
    assert last.strata["media"].typical is None  # nobody of it answered
    assert LastRound.from_dict(last.to_dict()) == last
    # Cells smaller than the rules of that round show are not looked at.
    Round.objects.filter(pk=first.pk).update(configuration={**first.configuration, "min_cell": 11})
    hidden = last_round_of(2009)
    assert hidden is not None
    assert hidden.strata["npc"].typical is None


def test_a_changed_register_makes_the_count_outdated() -> None:
    basis = count_basis(actor=console(), round=city.draft())
    assert not is_outdated(basis)
    person = Evaluator.objects.filter(stratum__code="npc").first()
    assert person is not None
    set_status(actor=console(), evaluator=person, status="paused", reason="a")
    assert is_outdated(basis)


# Figures


def test_figures_of_the_small_city() -> None:
    evaluation = city.draft()
    count_basis(actor=console(), round=evaluation)
    found = figures_of(evaluation)
    rows = {row.plan.code: row for row in found.strata}
    assert [(row.eligible, row.seats) for row in found.strata] == [(60, 10), (100, 20), (4, 4)]
    assert found.ballots == 34
    assert rows["npc"].share == pytest.approx(10 / 34)
    # at worst: 196 · √(0.25/10 · 50/59) = 28.53, 196 · √(0.25/20 · 80/99) = 19.70; all of media asked: 0
    margins = [row.margin for row in found.strata]
    assert margins == [pytest.approx(28.53, abs=0.01), pytest.approx(19.70, abs=0.01), 0]
    # weights 0.4, 0.4, 0.2: √((0.4·28.53)² + (0.4·19.70)²) = 13.87
    assert found.least == pytest.approx(13.87, abs=0.01)
    assert found.largest == found.least
    assert found.is_worst_case


def test_last_years_variances_and_returns_make_the_margin_smaller() -> None:
    evaluation = city.draft()
    basis = basis_of(evaluation)
    before = {"invited": 100, "returned": 50, "typical": 0.1, "departments": {"D-party-1": 0.05}}
    last = LastRound.from_dict({"year": 2007, "strata": dict.fromkeys(("npc", "residents", "media"), before)})
    found = Figures(evaluation, configuration_of(evaluation), replace(basis, last=last))
    # half come back: 5 of 60, 10 of 100, 2 of 4. 196 · √(0.1/5 · 55/60) = 26.54
    assert [row.back for row in found.strata] == [5, 10, 2]
    assert found.strata[0].margin == pytest.approx(26.54, abs=0.01)
    party = dict(found.groups[0].departments)
    # D-party-1: 0.05 in place of 0.1, so 1/√2 of the margin of D-party-2
    names = sorted(party, key=party.__getitem__)
    assert party[names[0]] * 2**0.5 == pytest.approx(party[names[1]])
    assert not found.is_worst_case


def test_suggestions_keep_to_what_the_strata_can_give() -> None:
    evaluation = city.draft()
    count_basis(actor=console(), round=evaluation)
    found = {one.method: one for one in figures_of(evaluation).proposals}
    # 34 ballots, 4 to media, of whom everybody is asked: 30 over npc (60) and residents (100)
    assert found["proportional"].quotas == {"npc": 11, "residents": 19}
    assert found["equal"].quotas == {"npc": 15, "residents": 15}
    # √60 : √100 = 7.746 : 10 → 13.09 and 16.91
    assert found["square_root"].quotas == {"npc": 13, "residents": 17}
    # worst case everywhere and the same weights: S² · N/(N−1) makes 15.03 : 14.97
    assert found["neyman"].quotas == {"npc": 15, "residents": 15}
    configuration = configuration_of(evaluation)
    capped = Figures(evaluation, configuration, basis_of(evaluation), total=200)
    # residents 100 less 4 in reserve, npc 60 less 2, media 4: 158 of 200
    assert {tuple(one.quotas.values()) for one in capped.proposals} == {(58, 96)}
    assert {one.left for one in capped.proposals} == {42}


# The page


def test_the_page_shows_what_a_cap_makes_impossible_and_the_ways_out(staff: Client) -> None:
    evaluation = city.draft()
    units = city.units("npc", 3)
    for number, row in enumerate(Evaluator.objects.filter(stratum__code="npc").order_by("code")):
        Evaluator.objects.filter(pk=row.pk).update(unit=units[number % 3])
    planned(evaluation, npc={"max_per_unit": 2})
    count_basis(actor=console(), round=evaluation)
    text = staff.get(PAGE).content.decode()
    # three units of 20, two each: 6 of the 10; four each are needed
    assert "降低名额到 6" in text
    assert "提高到 4 人" in text


def test_figures_follow_what_is_typed_and_nothing_is_saved(staff: Client) -> None:
    evaluation = city.draft()
    count_basis(actor=console(), round=evaluation)
    values = form_of(staff, PAGE) | {"s-npc-quota": "61"}
    text = staff.post(FIGURES, values).content.decode()
    assert 'id="plan-1-troubles" hx-swap-oob="true"' in text
    assert "降低名额到 60" in text
    # 60 + 20 + 4 ballots, npc's 60 are 71.4 %
    assert "71.4%" in text
    evaluation.refresh_from_db()
    assert evaluation.configuration["strata"][0]["quota"] == 10
    # Without JavaScript the button shows the same.
    assert "降低名额到 60" in staff.post(PAGE, values | {"add_up": "1"}).content.decode()


def test_figures_wait_while_something_is_no_number(staff: Client) -> None:
    city.draft()
    values = form_of(staff, PAGE) | {"s-npc-quota": "zehn"}
    text = staff.post(FIGURES, values).content.decode()
    assert "plan-1-margin" not in text
    assert 'id="plan-suggestions"' in text
    assert staff.post(PAGE, values).status_code == 200
    assert Round.objects.get().configuration["strata"][0]["quota"] == 10
    for bad in ({"s-npc-quota": "-1"}, {"s-npc-max_per_unit": "0"}, {"plan_total": "x"}, {"s-npc-mode": "guess"}):
        assert "plan-1-margin" not in staff.post(FIGURES, form_of(staff, PAGE) | bad).content.decode()


def test_a_suggestion_is_put_in_and_saved_only_by_saving(staff: Client) -> None:
    evaluation = city.draft()
    count_basis(actor=console(), round=evaluation)
    values = form_of(staff, PAGE) | {"s-npc-quota": "20", "plan_total": "64", "take": "equal"}
    response = staff.post(PAGE, values)
    assert response.status_code == 200
    evaluation.refresh_from_db()
    assert evaluation.configuration["strata"][0]["quota"] == 10
    parser = Inputs()
    parser.feed(response.content.decode())
    # 64 less 4 of media: 30 each
    assert (parser.values["s-npc-quota"], parser.values["s-residents-quota"]) == ("30", "30")
    assert staff.post(PAGE, parser.values).status_code == 302
    assert [row["quota"] for row in Round.objects.get().configuration["strata"]] == [30, 30, 0]


def test_a_method_that_does_not_exist_changes_nothing(staff: Client) -> None:
    city.draft()
    values = form_of(staff, PAGE) | {"take": "astrology"}
    parser = Inputs()
    parser.feed(staff.post(PAGE, values).content.decode())
    assert parser.values["s-npc-quota"] == "10"


def test_taking_a_suggestion_over_somebody_elses_version_is_refused_on_saving(staff: Client) -> None:
    evaluation = city.draft()
    values = form_of(staff, PAGE) | {"take": "equal"}
    planned(evaluation, npc={"quota": 12})
    parser = Inputs()
    parser.feed(staff.post(PAGE, values).content.decode())
    assert staff.post(PAGE, parser.values).status_code == 409
    assert Round.objects.get().configuration["strata"][0]["quota"] == 12


def test_counting_by_the_button(staff: Client, django_capture_on_commit_callbacks: Any) -> None:
    city.draft()
    assert "尚未清点" in staff.get(PAGE).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse("evaluation:quota-count", args=(2008,)))
    assert Job.objects.get().state == "done"
    assert PlanningBasis.objects.get().register["npc"]["person"]["loose"] == [60]
    assert "尚未清点" not in staff.get(PAGE).content.decode()
    assert AuditEntry.objects.filter(action="quota.count").count() == 1


def test_the_page_asks_no_more_of_the_database_for_a_larger_register(
    staff: Client, django_assert_max_num_queries: Any
) -> None:
    evaluation = city.draft()
    count_basis(actor=console(), round=evaluation)
    values = form_of(staff, PAGE)
    with django_assert_max_num_queries(14) as asked:
        staff.post(FIGURES, values)
    assert not [query for query in asked.captured_queries if '"evaluators_evaluator"' in query["sql"]]


# Trial draws


def test_trial_draws_are_kept_with_their_label_and_shown(
    staff: Client, django_capture_on_commit_callbacks: Any
) -> None:
    evaluation = city.draft()
    assert staff.get(TRIALS).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse("evaluation:trial-start", args=(2008,)))
    assert Job.objects.get().state == "done", Job.objects.get().error
    made = TrialDraws.objects.get()
    assert (made.number, made.trials, made.seed_label) == (1, 1000, "trial/2008/1")
    with pytest.raises(BadInput):
        check_public_seed(made.seed_label)
    # Half of npc and of residents live in each district, cells by district: 5 + 10 + 2 in every trial.
    together = [row for row in made.rows if row["stratum"] == "" and row["dimension"] == "district"]
    assert [(row["label"], row["size"], row["mean"], row["low"], row["high"]) for row in together] == [
        ("玄武区", 82, 17.0, 17, 17),
        ("鼓楼区", 82, 17.0, 17, 17),
    ]
    text = staff.get(TRIALS, {"stratum": "npc"}).content.decode()
    assert "玄武区" in text
    assert "trial/2008/1" in text
    assert "名额此后有改动" not in text
    planned(evaluation, npc={"quota": 12})
    assert "名额此后有改动" in staff.get(TRIALS).content.decode()
    with pytest.raises(AppendOnlyError):
        made.delete()


@pytest.mark.parametrize("query", [{"number": "7"}, {"number": "x"}, {"stratum": "nowhere"}, {"number": "9" * 40}])
def test_trials_that_are_not_there(staff: Client, query: dict[str, str]) -> None:
    run_trials(actor=console(), round=city.draft(), trials=3)
    assert staff.get(TRIALS, query).status_code == 404


def test_the_real_draw_is_the_same_with_and_without_trials() -> None:
    evaluation = city.draft()
    run_trials(actor=console(), round=evaluation, trials=5)
    run_trials(actor=console(), round=evaluation, trials=5)
    assert [made.seed_label for made in TrialDraws.objects.order_by("number")] == ["trial/2008/1", "trial/2008/2"]
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    with pytest.raises(Refused):
        run_trials(actor=console(), round=evaluation, trials=5)
    with pytest.raises(Refused):
        count_basis(actor=console(), round=evaluation)


# Permissions


@pytest.mark.parametrize("role", ["leader", "auditor"])
def test_readers_see_the_figures_and_start_nothing(role: str) -> None:
    evaluation = city.draft()
    count_basis(actor=console(), round=evaluation)
    run_trials(actor=console(), round=evaluation, trials=3)
    reader = client_of(role)
    assert reader.get(PAGE).status_code == 200
    assert reader.get(TRIALS).status_code == 200
    for name in ("quota-figures", "quota-count", "trial-start"):
        assert reader.post(reverse(f"evaluation:{name}", args=(2008,)), {}).status_code == 403, name
    user = city.user(name="somebody")
    with pytest.raises(PermissionDenied):
        count_basis(actor=user, round=evaluation)
    with pytest.raises(PermissionDenied):
        run_trials(actor=user, round=evaluation)
    assert not Job.objects.exists()


@pytest.mark.parametrize("role", ["liaison", "organiser", "administrator"])
def test_others_see_nothing_of_it(role: str) -> None:
    city.draft()
    outsider = client_of(role)
    assert outsider.get(TRIALS).status_code == 403
    for name in ("quota-figures", "quota-count", "trial-start"):
        assert outsider.post(reverse(f"evaluation:{name}", args=(2008,)), {}).status_code == 403


def test_a_frozen_round_takes_no_planning(staff: Client) -> None:
    evaluation = city.draft()
    values = form_of(staff, PAGE)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    for name in ("quota-figures", "quota-count", "trial-start"):
        assert staff.post(reverse(f"evaluation:{name}", args=(2008,)), values).status_code == 409, name
    assert not Job.objects.exists()
