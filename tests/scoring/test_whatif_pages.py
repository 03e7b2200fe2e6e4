"""The page of trials: who may, what is logged, what is shown, and that nothing of the run changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import console
from evaluation.selectors import configuration_of
from foundation.models import AuditEntry
from scoring.models import ScoreRun, WhatIfTrial, WhatIfUnlock
from scoring.services import publish_round, score_round
from scoring.services.whatif import grant_unlock, request_unlock
from scoring.trial_form import TrialForm
from tests.scoring.golden import WITH_BALLOTS, counted_round
from tests.somebody import somebody

pytestmark = pytest.mark.django_db


def client_of(user: User | None, **options: Any) -> Client:
    client = Client(**options)
    if user is not None:
        client.force_login(user)
    return client


def scored(name: str = "three-step", *, published: bool = True) -> ScoreRun:
    run = score_round(actor=console(), round=counted_round(name))
    if published:
        publish_round(actor=console(), round=run.round)
    return run


def address(run: ScoreRun, name: str = "run-what-if", *more: Any) -> str:
    return reverse(f"scoring:{name}", args=(run.round.year, run.pk, *more))


def typed(run: ScoreRun, **changes: str) -> dict[str, str]:
    """What a browser sends from the untouched form, with changes."""
    form = TrialForm(run.round, configuration_of(run.round))
    data: dict[str, str] = {}
    for part in form.parts:
        for one in [part.management_form, *part.forms] if hasattr(part, "management_form") else [part]:
            for bound in one:
                value = bound.value()
                if isinstance(value, bool):
                    data |= {bound.html_name: "on"} if value else {}
                else:
                    data[bound.html_name] = "" if value is None else str(value)
    assert changes.keys() <= data.keys(), changes.keys() - data.keys()
    return data | changes


def moved_weights(run: ScoreRun) -> dict[str, str]:
    """All weight of the first group on its first stratum."""
    group = run.round.configuration["groups"][0]
    judging = [code for code, weight in group["weights"].items() if weight != "0"]
    return {f"w:{group['code']}:{code}": "100" if code == judging[0] else "0" for code in judging}


def text(response: HttpResponse) -> str:
    return response.content.decode()


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_the_untouched_form_is_the_official_rules(name: str) -> None:
    run = scored(name)
    response = client_of(somebody("committee")).post(address(run), typed(run))
    assert response.status_code == 200
    trial = response.context["trial"]
    assert (trial.changes, trial.comparison.differences) == ({}, ())
    assert "当前即为正式规则" in text(response)


def test_a_trial_is_logged_once_shown_as_unofficial_and_leaves_the_run_as_it_was() -> None:
    run = scored()
    before = ScoreRun.objects.values().get(pk=run.pk)
    configuration = dict(run.round.configuration)
    response = client_of(somebody("committee")).post(address(run), typed(run, **moved_weights(run)))
    assert response.status_code == 200
    page = text(response)
    assert 'data-mark="非正式试算"' in page
    assert "不作保存" in page
    assert response.context["comparison"].differences
    assert (response.context["trials_before"], response.context["trials_after"]) == (0, 1)
    assert WhatIfTrial.objects.count() == AuditEntry.objects.filter(action="whatif.try").count() == 1
    after = ScoreRun.objects.values().get(pk=run.pk)
    assert {key: bytes(value) if key == "cube" else value for key, value in after.items()} == {
        key: bytes(value) if key == "cube" else value for key, value in before.items()
    }
    run.round.refresh_from_db()
    assert run.round.configuration == configuration
    assert ScoreRun.objects.count() == 1


def test_no_total_of_a_trial_is_shown() -> None:
    # Two totals under different weights would solve for what a small cell answered.
    run = scored()
    shift = {"w:general:npc": "33.33", "w:general:cppcc": "0"}
    response = client_of(somebody("committee")).post(address(run), typed(run, **shift))
    totals = [row.totals for row in response.context["comparison"].standings]
    official = {f"{first:.4f}" for first, _tried in totals}
    tried = {f"{second:.4f}" for _official, second in totals} - official
    assert len(tried) >= 5
    assert [total for total in tried if total in text(response)] == []


def test_looking_logs_nothing() -> None:
    run = scored()
    client = client_of(somebody("committee"))
    assert client.get(address(run)).status_code == 200
    assert client.head(address(run)).status_code == 200
    assert client.post(address(run), typed(run, **{"share:public": "99"}) | {"add_up": "1"}).status_code == 200
    assert not WhatIfTrial.objects.exists()


def test_only_what_was_changed_is_unfolded_and_marked() -> None:
    run = scored()
    code = run.round.configuration["scale"][0]["code"]
    response = client_of(somebody("committee")).post(address(run), typed(run, **{f"value:{code}": "90.0"}))
    sections = {section.key: section for section in response.context["sections"]}
    assert [key for key, section in sections.items() if section.is_open] == ["values"]
    assert [entry.changed for entry in sections["values"].fields][0] is True
    assert sections["values"].changes == 1
    again = client_of(somebody("auditor")).post(address(run), typed(run, **{f"value:{code}": "100.0"}))
    assert not any(section.is_open for section in again.context["sections"])  # 100.0 is 100


def test_weights_that_do_not_add_up_are_refused_by_name() -> None:
    run = scored()
    group = run.round.configuration["groups"][0]
    name = next(iter(moved_weights(run)))
    response = client_of(somebody("committee")).post(address(run), typed(run, **{name: "0"}))
    assert response.status_code == 409
    problem = response.context["problems"][0]
    assert group["label"] in problem["message"]
    assert problem["remedy"]
    assert problem["url"] == f"#weights-{group['code']}"
    assert f'id="weights-{group["code"]}" open' in text(response)
    assert not WhatIfTrial.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("share:public", "viel"), ("class:w0", "1.1.1"), ("cap_satisfied", "--1"), ("method", "magic")]
)
def test_what_is_no_number_stands_beside_its_field(field: str, value: str) -> None:
    run = scored()
    response = client_of(somebody("committee")).post(address(run), typed(run, **{field: value}))
    assert response.status_code == 200
    errors = {**response.context["form"].numbers.errors, **response.context["form"].comparison.form.errors}
    assert list(errors) == [field]
    assert "trial" not in response.context
    assert not WhatIfTrial.objects.exists()


@pytest.mark.parametrize(
    ("changes", "section"),
    [({"class:w0": "0"}, "classes"), ({"share:public": "90"}, "shares"), ({"method": "banded"}, "comparison")],
)
def test_rules_that_make_no_sense_lead_to_their_section(changes: dict[str, str], section: str) -> None:
    run = scored()
    response = client_of(somebody("committee")).post(address(run), typed(run, **changes))
    assert response.status_code == 409
    assert [problem["url"] for problem in response.context["problems"]] == [f"#{section}"]


def test_with_htmx_the_answer_is_the_part_that_changes() -> None:
    run = scored()
    client = client_of(somebody("committee"), headers={"HX-Request": "true"})
    good = client.post(address(run), typed(run, **moved_weights(run)))
    assert "<html" not in text(good)
    assert 'id="trial"' in text(good)
    assert 'hx-swap-oob="true"' in text(good)
    bad = client.post(address(run), typed(run, **{"share:public": "1"}))
    assert (bad.status_code, bad["HX-Retarget"], bad["HX-Reswap"]) == (200, "#whatif-form", "outerHTML")
    assert 'id="trial"' not in text(bad)
    assert WhatIfTrial.objects.count() == 1


@pytest.mark.parametrize(("language", "mark"), [("zh-hans", "非正式试算"), ("en", "Trial, not official")])
def test_both_languages(language: str, mark: str) -> None:
    run = scored()
    client = client_of(somebody("committee"))
    client.cookies["django_language"] = language
    page = text(client.post(address(run), typed(run, **moved_weights(run))))
    assert f'data-mark="{mark}"' in page
    assert ("正式" in page) == (language == "zh-hans")


# Who must not pass


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("role", ["leader", "liaison", "assessor", "organiser", "administrator", "supervisor"])
def test_who_neither_sees_nor_tries(role: str, published: bool) -> None:
    run = scored(published=published)
    unlock = request_unlock(actor=somebody("committee"), round=run.round, reason="x") if not published else None
    client = client_of(somebody(role))
    pages = [address(run), address(run, "run-unlock-request")]
    pages += [address(run, "run-unlock-grant", unlock.pk)] if unlock else []
    for page in pages:
        assert client.get(page).status_code == 403
        assert client.post(page, {**typed(run), "reason": "x"}).status_code == 403
    assert not WhatIfTrial.objects.exists()
    assert not WhatIfUnlock.objects.exclude(unlocked_by=None).exists()


def test_a_stranger_is_sent_to_log_in() -> None:
    run = scored()
    for name in ("run-what-if", "run-unlock-request", "run-sensitivity"):
        response = client_of(None).get(address(run, name))
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("accounts:login"))


def test_without_a_token_nothing_is_tried() -> None:
    run = scored()
    client = client_of(somebody("committee"), enforce_csrf_checks=True)
    assert client.post(address(run), typed(run)).status_code == 403
    assert not WhatIfTrial.objects.exists()


def test_before_publication_it_is_locked() -> None:
    run = scored(published=False)
    client = client_of(somebody("committee"))
    response = client.get(address(run))
    assert "公布前锁定" in text(response)
    assert "whatif-form" not in text(response)
    assert client.post(address(run), typed(run)).status_code == 403
    assert client.post(address(run), typed(run) | {"add_up": "1"}).status_code == 403
    assert not WhatIfTrial.objects.exists()


def test_an_auditor_tries_after_publication_only() -> None:
    run = scored(published=False)
    client = client_of(somebody("auditor"))
    page = text(client.get(address(run)))
    assert "公布前锁定" in page
    assert address(run, "run-unlock-request") not in page
    assert client.post(address(run), typed(run)).status_code == 403
    publish_round(actor=console(), round=run.round)
    assert client.post(address(run), typed(run)).status_code == 200


def test_one_asks_another_unlocks_and_only_the_first_may_try() -> None:
    run = scored(published=False)
    asker, other = somebody("committee", "甲"), somebody("committee", "乙")
    first, second = client_of(asker), client_of(other)
    assert first.post(address(run, "run-unlock-request"), {"reason": ""}).status_code == 200  # the form says what lacks
    assert not WhatIfUnlock.objects.exists()
    assert first.post(address(run, "run-unlock-request"), {"reason": "委员会询问"}).status_code == 302
    unlock = WhatIfUnlock.objects.get()
    waiting = first.get(address(run))
    assert waiting.context["may_grant"] == [other]
    assert "委员会询问" in text(waiting)
    # The same person neither asks twice nor unlocks.
    assert first.post(address(run, "run-unlock-request"), {"reason": "again"}).status_code == 409
    grant = address(run, "run-unlock-grant", unlock.pk)
    assert "申请人不能为自己解锁" in text(first.get(grant))
    assert first.post(grant).status_code == 409
    # The second sees the request on the list of runs and on the page of trials.
    runs = reverse("scoring:run-list", args=(run.round.year,))
    assert "有人申请在公布前进行试算" in text(second.get(runs))
    assert "有人申请在公布前进行试算" not in text(first.get(runs))
    assert grant in text(second.get(address(run)))
    assert second.get(grant).status_code == 200
    assert not WhatIfUnlock.objects.exclude(unlocked_by=None).exists()
    assert second.post(grant).status_code == 302
    assert first.post(address(run), typed(run, **moved_weights(run))).status_code == 200
    assert second.post(address(run), typed(run)).status_code == 403
    assert [row.before_publication for row in WhatIfTrial.objects.all()] == [True]


def test_an_unlock_runs_out() -> None:
    run = scored(published=False)
    asker = somebody("committee", "a")
    grant_unlock(actor=somebody("committee", "b"), unlock=request_unlock(actor=asker, round=run.round, reason="x"))
    client = client_of(asker)
    assert "whatif-form" in text(client.get(address(run)))
    WhatIfUnlock.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(address(run), typed(run)).status_code == 403
    assert client.post(address(run), typed(run), headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "公布前锁定" in text(client.get(address(run)))
    assert not WhatIfTrial.objects.exists()


def test_after_publication_there_is_nothing_to_unlock() -> None:
    run = scored(published=False)
    unlock = request_unlock(actor=somebody("committee", "a"), round=run.round, reason="x")
    publish_round(actor=console(), round=run.round)
    client = client_of(somebody("committee", "b"))
    assert client.post(address(run, "run-unlock-grant", unlock.pk)).status_code == 409
    assert client.post(address(run, "run-unlock-request"), {"reason": "x"}).status_code == 409


def test_a_run_or_an_unlock_of_another_round_is_not_found() -> None:
    run = scored()
    client = client_of(somebody("committee"))
    elsewhere = reverse("scoring:run-what-if", args=(run.round.year - 1, run.pk))
    assert client.get(elsewhere).status_code == 404
    assert client.get(address(run, "run-unlock-grant", 10**9)).status_code == 404


@pytest.mark.parametrize("published", [False, True])
def test_the_run_page_counts_trials(published: bool) -> None:
    run = scored(published=published)
    asker = somebody("committee", "a")
    if not published:
        grant_unlock(actor=somebody("committee", "b"), unlock=request_unlock(actor=asker, round=run.round, reason="x"))
    client = client_of(asker)
    for _time in range(2):
        client.post(address(run), typed(run))
    trials = client.get(address(run, "run-detail")).context["trials"]
    assert [count for _label, count in trials] == ([0, 2] if published else [2, 0])
