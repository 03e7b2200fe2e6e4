"""The staff pages of rounds: plain form posts as a browser without JavaScript sends them."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import console
from evaluation.models import Invitation, Round
from evaluation.sections import SECTION_PAGES
from evaluation.selectors import standing_draw, standing_snapshot
from evaluation.services import configure, create_round, draw_evaluators, freeze_register
from foundation.models import Job
from tests.evaluation_rounds import city

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(city.user("committee"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(city.user(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


class Inputs(HTMLParser):
    """What a browser would send of the page's last POST form: names and values of its controls as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._select: str | None = None
        self._textarea: str | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "form":
            self._inside = found.get("method") == "post" and "action" not in found
        if not self._inside:
            return
        if tag == "input" and found.get("type") in ("checkbox", "radio"):
            if "checked" in found:
                self.values[name] = found.get("value") or "on"
        elif tag == "input":
            self.values[name] = found.get("value") or ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in found or self._select not in self.values:
                self.values[self._select] = found.get("value") or ""
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data


def form_of(client: Client, url: str) -> dict[str, Any]:
    """The values of the form on a page."""
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    parser = Inputs()
    parser.feed(response.content.decode())
    parser.values.pop("csrfmiddlewaretoken", None)
    return parser.values


def section_url(year: int, section: str) -> str:
    return reverse("evaluation:section-edit", args=(year, section))


# Lists and rounds


def test_an_empty_list_says_what_to_do(staff: Client) -> None:
    response = staff.get(reverse("evaluation:round-list"))
    assert reverse("evaluation:round-create") in response.content.decode()


def test_a_round_is_created_by_a_plain_post(staff: Client) -> None:
    response = staff.post(reverse("evaluation:round-create"), {"year": "2008", "title": "", "theme": "服务"})
    assert response.status_code == 302
    made = Round.objects.get()
    assert (made.year, made.title, made.theme) == (2008, "2008年度万人评议机关", "服务")
    assert staff.post(reverse("evaluation:round-create"), {"year": "2008"}).status_code == 200
    assert Round.objects.count() == 1


def test_the_next_round_starts_from_the_newest(staff: Client) -> None:
    first = city.draft(2008)
    values = form_of(staff, reverse("evaluation:round-create"))
    assert (values["year"], values["copy_from"]) == ("2009", str(first.pk))
    staff.post(reverse("evaluation:round-create"), values)
    assert Round.objects.get(year=2009).copied_from == first


def test_the_round_page_lists_what_is_missing_with_where_to_mend_it(staff: Client) -> None:
    create_round(actor=console(), year=2008, title="a")
    text = staff.get(reverse("evaluation:round-detail", args=(2008,))).content.decode()
    assert section_url(2008, "basics") in text
    assert reverse("evaluation:round-departments", args=(2008,)) in text
    assert reverse("evaluation:round-freeze", args=(2008,)) not in text


def test_the_round_page_leads_on_when_nothing_is_missing(staff: Client) -> None:
    city.draft()
    text = staff.get(reverse("evaluation:round-detail", args=(2008,))).content.decode()
    assert reverse("evaluation:round-freeze", args=(2008,)) in text


# Sections


@pytest.mark.parametrize("section", [page.key for page in SECTION_PAGES])
def test_saving_a_section_as_shown_changes_nothing(staff: Client, section: str) -> None:
    evaluation = city.draft()
    before = Round.objects.get().configuration
    values = form_of(staff, section_url(2008, section))
    response = staff.post(section_url(2008, section), values)
    assert response.status_code == 302, response.content.decode()
    evaluation.refresh_from_db()
    assert evaluation.configuration == before
    assert evaluation.version == int(values["version"])


@pytest.mark.parametrize("section", [page.key for page in SECTION_PAGES])
def test_saving_a_rich_section_as_shown_changes_nothing(staff: Client, section: str) -> None:
    """The same with everything set that the default leaves out."""
    evaluation = city.draft()
    configuration = dict(evaluation.configuration)
    configuration["items"] = [
        {"code": "x", "label": "服务", "label_en": "Service", "weight": "33.3"},
        {"code": "y", "label": "效率", "label_en": "", "weight": "66.7"},
    ]
    configuration["weight_classes"] = [
        {"code": "", "label": "默认", "label_en": "", "weight": "1", "default": True},
        {"code": "vip", "label": "资深", "label_en": "", "weight": "1.5", "default": False},
    ]
    configuration["year_over_year"] = {
        "method": "banded", "satisfied": "", "dissatisfied": "0", "cap_satisfied": "", "cap_dissatisfied": "1.5",
        "bands_satisfied": [{"from": "-5", "points": "-1"}, {"from": "0", "points": "0.5"}],
        "bands_dissatisfied": [{"from": "1", "points": "2"}], "deadband": True,
    }  # fmt: skip
    configuration["composite"] = {"public": "62.5", "assessment": "37.5"}
    configuration["tie_break"] = ["dissatisfaction"]
    configuration["rank_scope"] = "overall"
    configuration["outcomes"] = {"most_improved": {"places_gained": 5}}
    configuration["strata"][0] |= {
        "drawn_by": "unit", "ballots_per_unit": 5, "max_per_unit": 2, "min_per_cell": 1, "cell_by": ["industry"],
        "rotation_rounds": 2, "recusal": "round", "design_effect": "1.75",
    }  # fmt: skip
    normal = city_configuration(configuration)
    Round.objects.filter(pk=evaluation.pk).update(configuration=normal)
    response = staff.post(section_url(2008, section), form_of(staff, section_url(2008, section)))
    assert response.status_code == 302, response.content.decode()
    assert Round.objects.get().configuration == normal


def city_configuration(data: dict[str, Any]) -> dict[str, Any]:
    from evaluation.definition import RoundConfiguration

    return RoundConfiguration.from_dict(data).to_dict()


def test_scale_rows_are_added_ordered_and_removed_without_javascript(staff: Client) -> None:
    city.draft()
    values = form_of(staff, section_url(2008, "scale"))
    values |= {
        "rows-1-DELETE": "on",
        "rows-4-code": "X", "rows-4-label": "基本满意", "rows-4-value": "60", "rows-4-counts": "neutral",
        "rows-4-ORDER": "2",
    }  # fmt: skip
    staff.post(section_url(2008, "scale"), values)
    scale = Round.objects.get().configuration["scale"]
    assert [(row["code"], row["value"]) for row in scale] == [("A", "100"), ("X", "60"), ("C", "0"), ("D", "0")]


def test_a_number_that_is_none_is_said_beside_its_field(staff: Client) -> None:
    city.draft()
    values = form_of(staff, section_url(2008, "criteria")) | {"rows-0-weight": "viel"}
    response = staff.post(section_url(2008, "criteria"), values)
    assert response.status_code == 200
    assert "invalid-note" in response.content.decode()
    assert Round.objects.get().configuration["items"][0]["weight"] == "100"


def test_what_does_not_add_up_is_saved_and_said(staff: Client) -> None:
    city.draft()
    values = form_of(staff, section_url(2008, "weights")) | {"w:party:npc": "41"}
    assert staff.post(section_url(2008, "weights"), values).status_code == 302
    # 41 + 40 + 20
    assert "101" in staff.get(section_url(2008, "weights")).content.decode()
    with_problem = staff.get(reverse("evaluation:round-detail", args=(2008,))).content.decode()
    assert section_url(2008, "weights") in with_problem


def test_adding_up_shows_the_sum_without_saving(staff: Client) -> None:
    evaluation = city.draft()
    values = form_of(staff, section_url(2008, "weights")) | {"w:party:npc": "12.5", "add_up": "1"}
    response = staff.post(section_url(2008, "weights"), values)
    # 12.5 + 40 + 20
    assert "72.50" in response.content.decode()
    evaluation.refresh_from_db()
    assert evaluation.configuration["groups"][0]["weights"]["npc"] == "40"


def test_a_stratum_that_is_left_out_takes_its_weights_along(staff: Client) -> None:
    city.draft()
    values = form_of(staff, section_url(2008, "strata"))
    del values["s-media-takes_part"]
    staff.post(section_url(2008, "strata"), values)
    configuration = Round.objects.get().configuration
    assert [row["code"] for row in configuration["strata"]] == ["npc", "residents"]
    assert all("media" not in row["weights"] for row in configuration["groups"])


def test_somebody_elses_newer_version_is_shown_and_nothing_typed_is_lost(staff: Client) -> None:
    evaluation = city.draft()
    values = form_of(staff, section_url(2008, "ballot"))
    colleague = city.user("committee", name="colleague")
    configure(actor=colleague, round=evaluation, section="ballot", changes={"min_cell": 9}, version=evaluation.version)
    response = staff.post(section_url(2008, "ballot"), values | {"min_valid": "17"})
    text = response.content.decode()
    assert response.status_code == 409
    assert "colleague" in text
    assert "最小显示单元（票）" in text
    assert 'value="17"' in text
    parser = Inputs()
    parser.feed(text)
    assert int(parser.values["version"]) == evaluation.version
    assert staff.post(section_url(2008, "ballot"), parser.values).status_code == 302
    assert Round.objects.get().configuration["min_valid"] == 17


def test_dates_are_edited_in_local_time_and_refused_out_of_order(staff: Client) -> None:
    city.draft()
    values = form_of(staff, section_url(2008, "basics"))
    values |= {"opens_at": "2030-03-01T08:00", "closes_at": "2030-03-10T18:30"}
    assert staff.post(section_url(2008, "basics"), values).status_code == 302
    # Shanghai is eight hours ahead of UTC.
    assert Round.objects.get().opens_at.isoformat() == "2030-03-01T00:00:00+00:00"
    values |= {"closes_at": "2030-02-01T08:00", "version": str(Round.objects.get().version)}
    assert staff.post(section_url(2008, "basics"), values).status_code == 200


def test_a_frozen_round_shows_its_rules_and_takes_no_change(staff: Client) -> None:
    evaluation = city.draft()
    values = form_of(staff, section_url(2008, "ballot"))
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    text = staff.get(section_url(2008, "ballot")).content.decode()
    assert '<fieldset class="bare" disabled>' in text
    assert staff.post(section_url(2008, "ballot"), values | {"min_valid": "17"}).status_code == 409
    assert Round.objects.get().configuration["min_valid"] == 5


def test_a_form_without_version_is_a_bad_request(staff: Client) -> None:
    city.draft()
    assert staff.post(section_url(2008, "ballot"), {}).status_code == 400


# Permissions


@pytest.mark.parametrize("role", ["leader", "auditor"])
def test_readers_read_everything_and_change_nothing(role: str) -> None:
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    reader = client_of(role)
    for page in SECTION_PAGES:
        assert reader.get(section_url(2008, page.key)).status_code == 200
        assert reader.post(section_url(2008, page.key), {"version": "0"}).status_code == 403
    for name in ("round-detail", "round-departments", "draw-detail", "draw-sheet", "draw-download"):
        assert reader.get(reverse(f"evaluation:{name}", args=(2008,))).status_code == 200, name
    for name in ("round-freeze", "round-open", "round-reschedule", "round-archive"):
        assert reader.get(reverse(f"evaluation:{name}", args=(2008,))).status_code == 403, name
        assert reader.post(reverse(f"evaluation:{name}", args=(2008,))).status_code == 403, name
    assert reader.post(reverse("evaluation:draw-detail", args=(2008,)), {"public_seed": "1 2"}).status_code == 403
    assert reader.get(reverse("evaluation:round-create")).status_code == 403
    for verb in ("unfreeze", "void_draw"):
        assert reader.post(reverse("evaluation:round-back", args=(2008, verb)), {"reason": "x"}).status_code == 403
    assert Round.objects.get().state == "configured"


def urls() -> Iterator[str]:
    yield reverse("evaluation:round-list")
    yield reverse("evaluation:round-create")
    yield section_url(2008, "scale")
    yield reverse("evaluation:baseline-set-aside", args=(2008, "D-party-1"))
    for name in (
        "round-detail", "round-departments", "baseline-list", "round-freeze", "draw-detail", "draw-sheet",
        "draw-download", "round-open", "round-reschedule", "round-archive",
    ):  # fmt: skip
        yield reverse(f"evaluation:{name}", args=(2008,))


@pytest.mark.parametrize("role", ["liaison", "assessor", "organiser", "supervisor", "administrator"])
def test_others_see_no_round_at_all(role: str) -> None:
    city.draft()
    outsider = client_of(role)
    assert {url: outsider.get(url).status_code for url in urls() if outsider.get(url).status_code != 403} == {}
    assert outsider.post(reverse("evaluation:draw-verify", args=(2008,))).status_code == 403


def test_nobody_sees_anything_without_logging_in(client: Client) -> None:
    city.draft()
    for url in urls():
        response = client.get(url)
        assert response.status_code == 302, url
        assert response["Location"].startswith(reverse("accounts:login"))


def test_a_year_without_round_is_not_found(staff: Client) -> None:
    for url in urls():
        if "2008" in url:
            assert staff.get(url).status_code == 404, url


# The draw


def run(client: Client, url: str, values: dict[str, Any], django_capture: Any) -> Job:
    """Post a form that starts a job, and let the job run."""
    with django_capture(execute=True):
        response = client.post(url, values)
    assert response.status_code == 302, response.content.decode()
    return Job.objects.get(pk=response["Location"].rstrip("/").split("/")[-1])


def test_the_whole_way_from_freezing_to_a_folder_that_verifies(
    staff: Client, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    capture = django_capture_on_commit_callbacks
    city.draft()
    job = run(staff, reverse("evaluation:round-freeze", args=(2008,)), {"seed_source": city.SOURCE}, capture)
    assert job.state == "done", job.error
    draw_url = reverse("evaluation:draw-detail", args=(2008,))
    snapshot = standing_snapshot(2008)
    published = staff.get(draw_url).content.decode()
    assert snapshot.snapshot_hash in published
    assert snapshot.plan_hash in published
    assert "<svg" in staff.get(reverse("evaluation:draw-sheet", args=(2008,))).content.decode()
    job = run(staff, draw_url, {"public_seed": "07 11 13 19 23 31 05 20081124", "witnesses": "张三\n李四"}, capture)
    assert job.state == "done", job.error
    record = standing_draw(2008)
    assert record.witnesses.split() == ["张三", "李四"]
    assert Invitation.objects.count() == 34
    assert record.seed in staff.get(draw_url).content.decode()
    job = run(staff, reverse("evaluation:draw-verify", args=(2008,)), {}, capture)
    assert (job.state, job.result["same"]) == ("done", True)
    response = staff.get(reverse("evaluation:draw-download", args=(2008,)))
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        archive.extractall(tmp_path)
    out = tmp_path / "again.csv"
    command = [sys.executable, "-m", "evaluators.draw", str(tmp_path), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    assert out.read_bytes() == (tmp_path / "drawn.csv").read_bytes()


def test_a_short_seed_must_be_confirmed(staff: Client) -> None:
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    url = reverse("evaluation:draw-detail", args=(2008,))
    present = {"witnesses": city.WITNESSES}
    assert staff.post(url, {"public_seed": "07 11", **present}).status_code == 200
    assert staff.post(url, {"public_seed": "07  11", "short_accepted": "on", **present}).status_code == 200
    assert not Job.objects.exists()
    assert staff.post(url, {"public_seed": "07 11", "short_accepted": "on", **present}).status_code == 302


def test_a_seed_before_freezing_is_refused(staff: Client) -> None:
    city.draft()
    url = reverse("evaluation:draw-detail", args=(2008,))
    assert staff.post(url, {"public_seed": city.SEED}).status_code == 409
    assert not Job.objects.exists()


def test_freezing_what_is_incomplete_starts_no_job(staff: Client) -> None:
    create_round(actor=console(), year=2008, title="a")
    response = staff.post(reverse("evaluation:round-freeze", args=(2008,)), {"seed_source": "x"})
    assert response.status_code == 409
    assert not Job.objects.exists()


def test_a_job_run_again_after_a_lost_answer_finds_its_work_done(django_capture_on_commit_callbacks: Any) -> None:
    """A worker killed between its commit and its answer: the second run gives the same result and changes nothing."""
    from evaluation import tasks
    from foundation.jobs import SilentProgress

    evaluation = city.draft()
    common = {"round_id": evaluation.pk, "user_id": console().pk}
    first = tasks.freeze(SilentProgress(), seed_source=city.SOURCE, **common)
    assert tasks.freeze(SilentProgress(), seed_source=city.SOURCE, **common) == first
    drawn = tasks.draw(SilentProgress(), public_seed=city.SEED, witnesses=city.WITNESSES, **common)
    assert tasks.draw(SilentProgress(), public_seed=city.SEED, witnesses=city.WITNESSES, **common) == drawn
    assert Invitation.objects.count() == 34


def test_unequal_cells_are_shown_before_freezing(staff: Client) -> None:
    city.draft()
    city.people("npc", 1, start=900, district="高淳县")
    text = staff.get(reverse("evaluation:round-freeze", args=(2008,))).content.decode()
    assert "高淳县|" in text


def test_a_draw_is_voided_on_a_page_that_asks_why(staff: Client) -> None:
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    url = reverse("evaluation:round-back", args=(2008, "void_draw"))
    assert staff.get(url).status_code == 200
    assert staff.post(url, {"reason": " "}).status_code == 200
    assert staff.post(url, {"reason": "录像缺失"}).status_code == 302
    text = staff.get(reverse("evaluation:draw-detail", args=(2008,))).content.decode()
    assert "录像缺失" in text
    assert staff.get(reverse("evaluation:round-back", args=(2008, "publish"))).status_code == 404


def test_opening_and_moving_the_end(staff: Client) -> None:
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    url = reverse("evaluation:round-open", args=(2008,))
    assert staff.post(url).status_code == 409
    city.issue_all(evaluation)
    assert staff.get(url).status_code == 200
    assert staff.post(url).status_code == 302
    assert Round.objects.get().state == "open"
    dates = reverse("evaluation:round-reschedule", args=(2008,))
    values = form_of(staff, dates)
    later = timezone.localtime(timezone.now() + timedelta(days=20)).replace(second=0, microsecond=0)
    values |= {"closes_at": later.strftime("%Y-%m-%dT%H:%M"), "reason": "延长"}
    assert staff.post(dates, values).status_code == 302
    assert Round.objects.get().closes_at == later


def test_pages_speak_english_when_asked(staff: Client) -> None:
    city.draft()
    staff.cookies["django_language"] = "en"
    text = staff.get(reverse("evaluation:round-detail", args=(2008,))).content.decode()
    assert "Steps of the round" in text
    assert "Freeze configuration and register" in text
    staff.cookies["django_language"] = "zh-hans"
    text = staff.get(reverse("evaluation:round-detail", args=(2008,))).content.decode()
    assert "冻结配置和名册" in text
    assert "Freeze" not in text


def test_what_changed_is_told_in_the_words_of_the_forms() -> None:
    from evaluation.forms.words import value_words, words
    from evaluation.selectors import configuration_of

    rules = configuration_of(city.draft())
    assert words("strata.npc.quota", rules) == "人大代表 · 名额"
    assert words("groups.party.weights.npc", rules) == "党群综合 · 权重 · 人大代表"
    assert words("min_cell", rules) == "最小显示单元（票）"
    assert value_words("strata.npc.recusal", "group") == "不评议本部门所在组别"
    assert value_words("strata.npc.cell_by", ["district", "industry"]) == "区县和行业"
    assert value_words("year_over_year.deadband", False) == "否"
    assert value_words("strata.npc.max_per_unit", None) == "—"
