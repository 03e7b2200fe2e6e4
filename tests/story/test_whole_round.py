"""One whole evaluation in the browser: import, mend, configure, freeze, draw, codes, open, thirty ballots, close,
count, score, publish, the leader's ranking, the workbook. A real worker runs the jobs, and is killed once on the way.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from evaluation.models import Ballot, Invitation, Round
from evaluators.models import Evaluator, Stratum
from foundation.context import forget_demo
from foundation.models import Job, JobState
from scoring.models import DepartmentScore, Publication
from tests.somebody import somebody
from tests.story import lists

pytestmark = [
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.sqlite_story,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.django_db(transaction=True),
]

YEAR = 2026
BALLOTS_A_STRATUM = 10


class Clerk:
    """A member of the work committee at a desktop browser."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page = page
        self.folder = folder

    def go(self, path: str) -> None:
        response = self.page.goto(path)
        assert response.status == 200, (path, response.status)

    def submit(self, form: str = "main form[method=post]") -> None:
        self.page.locator(
            f"{form} button[type=submit].btn-primary, {form} button[type=submit].btn-danger"
        ).first.click()
        self.page.wait_for_load_state()

    def wait_for_job(self, kind: str) -> Job:
        """Stay on the page of the job until it leads on; the progress page polls by itself."""
        job = Job.objects.filter(kind=kind).latest("created_at")
        for _attempt in range(240):
            job.refresh_from_db()
            if not job.is_active:
                break
            self.page.wait_for_timeout(250)
        assert job.state == JobState.DONE, (kind, job.state, job.error_code, job.error)
        # The page fetches itself anew when it hears of the end; going elsewhere meanwhile would cross with that.
        self.page.locator("[hx-get]").first.wait_for(state="detached", timeout=60_000)
        self.page.wait_for_load_state()
        return job

    def upload(self, kind: str, file: Path, **options: str) -> None:
        self.go(f"/jobs/imports/{kind}/")
        self.page.set_input_files("input[name=file]", file)
        for name, value in options.items():
            self.page.fill(f"[name={name}]", value)
        self.submit()
        job = self.wait_for_job("foundation.import_preview")
        self.go(f"/jobs/imports/{kind}/{job.pk}/")

    def store(self, *, skip_problem_rows: bool = False) -> None:
        if skip_problem_rows:
            self.page.check("[name=skip_problem_rows]")
        self.submit()
        self.wait_for_job("foundation.import_apply")


def import_everything(clerk: Clerk) -> None:
    departments, registry = clerk.folder / "departments.xlsx", clerk.folder / "registry.xlsx"
    lists.departments(departments)
    lists.registry(registry)
    clerk.upload("departments", departments, year=str(YEAR))
    clerk.store()
    clerk.upload("evaluators", registry)
    text = clerk.page.inner_text("main")
    for column in ("层面", "手机", "编号"):
        assert column in text
    with clerk.page.expect_download() as download:
        clerk.page.click("a[href$='/problems/']")
    problems, mended = clerk.folder / "problems.xlsx", clerk.folder / "mended.xlsx"
    download.value.save_as(problems)
    assert openpyxl.load_workbook(problems).active.max_row == 1 + 3
    clerk.store(skip_problem_rows=True)
    assert Evaluator.objects.count() == len(lists.STRATA) * lists.PEOPLE_A_STRATUM - 3
    lists.mend(problems, mended)
    clerk.upload("evaluators", mended)
    clerk.store()
    assert Evaluator.objects.count() == len(lists.STRATA) * lists.PEOPLE_A_STRATUM


def configure(clerk: Clerk) -> None:
    for stratum in Stratum.objects.exclude(name__in=lists.STRATA):
        clerk.go(f"/evaluators/strata/{stratum.pk}/")
        clerk.page.uncheck("[name=is_active]")
        clerk.submit()
    clerk.go("/rounds/new/")
    clerk.page.fill("[name=year]", str(YEAR))
    clerk.submit()
    clerk.go(f"/rounds/{YEAR}/configuration/basics/")
    now = timezone.localtime()
    clerk.page.fill("[name=opens_at]", f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    clerk.page.fill("[name=closes_at]", f"{now + timedelta(days=5):%Y-%m-%dT%H:%M}")
    clerk.submit()
    clerk.go(f"/rounds/{YEAR}/configuration/strata/")
    quotas = clerk.page.locator("input[name$=quota]")
    for at in range(quotas.count()):
        if quotas.nth(at).is_visible():
            quotas.nth(at).fill(str(BALLOTS_A_STRATUM))
    reserves = clerk.page.locator("input[name$=reserve]")
    for at in range(reserves.count()):
        if reserves.nth(at).is_visible():
            reserves.nth(at).fill("2")
    clerk.submit()
    assert [plan["quota"] for plan in Round.objects.get(year=YEAR).configuration["strata"]] == [BALLOTS_A_STRATUM] * 3


def freeze_and_draw(clerk: Clerk) -> None:
    clerk.go(f"/rounds/{YEAR}/freeze/")
    clerk.page.fill("[name=seed_source]", "公证处现场掷骰")
    clerk.submit()
    clerk.wait_for_job("evaluation.freeze")
    clerk.go(f"/rounds/{YEAR}/draw/")
    clerk.page.fill("[name=public_seed]", "314159 265358 979323 846264")
    clerk.page.fill("[name=witnesses]", "甲\n乙")
    clerk.submit()
    clerk.wait_for_job("evaluation.draw")
    assert Invitation.objects.filter(round__year=YEAR).count() == 3 * BALLOTS_A_STRATUM


def codes(clerk: Clerk) -> list[str]:
    """Produce the codes and read them from the downloaded list, as whoever prints the letters does."""
    clerk.go(f"/rounds/{YEAR}/codes/issue/")
    clerk.submit()
    clerk.wait_for_job("evaluation.issue_codes")
    clerk.go(f"/rounds/{YEAR}/codes/")
    with clerk.page.expect_download() as download:
        clerk.page.locator("main a[href*='/jobs/files/']").first.click()
    target = clerk.folder / "codes.xlsx"
    download.value.save_as(target)
    links = []
    for row in openpyxl.load_workbook(target).active.iter_rows(values_only=True):
        links += [cell for cell in row if isinstance(cell, str) and "/b/" in cell]
    assert len(links) == 3 * BALLOTS_A_STRATUM
    return [link.rsplit("/b/", 1)[1] for link in links]


def vote(page: Any, code: str, number: int) -> None:
    """One evaluator in a browser session of its own: link, start, one tap a department, review, submit, receipt."""
    page.goto(f"/b/{code}")
    page.locator("form[action$='/start/'] button[type=submit]").click()
    page.wait_for_selector("fieldset.dept")
    while page.locator("fieldset.dept").count():
        for at, department in enumerate(page.locator("fieldset.dept").all()):
            department.locator("label.choice").nth((number + at) % 3).click()
        with page.expect_navigation():
            page.locator(".actions button.button-primary[name=go]").click()
    page.locator("button[form=submit-form]").click()
    page.wait_for_url("**/ballot/receipt/")
    assert page.locator(".receipt").count() == 1


def test_a_whole_evaluation(
    open_page: Callable[..., Any],
    sign_in: Callable[[Any, Any], None],
    start_celery: Callable[..., Any],
    tmp_path: Path,
) -> None:
    forget_demo()
    worker = start_celery("worker")
    start_celery("beat")
    clerk = Clerk(open_page(), tmp_path)
    sign_in(clerk.page, somebody("committee", "clerk"))

    import_everything(clerk)
    configure(clerk)
    freeze_and_draw(clerk)
    given = codes(clerk)
    clerk.go(f"/rounds/{YEAR}/open/")
    clerk.submit()
    assert Round.objects.get(year=YEAR).state == "open"

    for number, code in enumerate(given):
        page = open_page(width=390, height=844)
        vote(page, code, number)
        page.context.close()
    assert Invitation.objects.filter(round__year=YEAR, returned_on__isnull=False).count() == 3 * BALLOTS_A_STRATUM

    clerk.go(f"/rounds/{YEAR}/close/")
    clerk.submit()
    # The worker dies with the box about to be opened; another one takes the job over.
    worker.kill()
    clerk.go(f"/rounds/{YEAR}/counting/open/")
    clerk.submit()
    start_celery("worker")
    clerk.wait_for_job("evaluation.count")
    assert Ballot.objects.filter(round__year=YEAR).count() == 3 * BALLOTS_A_STRATUM

    clerk.go(f"/scoring/{YEAR}/score/")
    clerk.submit()
    clerk.wait_for_job("scoring.score")
    clerk.go(f"/scoring/{YEAR}/publish/")
    clerk.submit()
    run = Publication.objects.get(round__year=YEAR).run

    leader = open_page()
    sign_in(leader, somebody("leader", "leader-1"))
    leader.goto(f"/results/{YEAR}/")
    text = leader.inner_text("main")
    scores = list(DepartmentScore.objects.filter(run=run).select_related("department"))
    assert len(scores) == 10
    for score in scores:
        assert score.group_rank is not None
        assert score.department.short_name in text
        assert f"{score.total:.4f}" in text
    _workbook_says_the_same(leader, run, tmp_path)


def _workbook_says_the_same(leader: Any, run: Any, folder: Path) -> None:
    """The leader makes the workbook, fetches it, and LibreOffice finds the same figures in it."""
    leader.goto("/results/reports/")
    leader.locator("form[action$='/workbook/'] button").first.click()
    leader.wait_for_load_state()
    Clerk(leader, folder).wait_for_job("portal.workbook")
    leader.goto("/results/reports/")
    with leader.expect_download() as download:
        leader.locator("main a[href*='/jobs/files/']").first.click()
    target = folder / "result.xlsx"
    download.value.save_as(target)
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program, "LibreOffice Calc is missing; `make test` installs it"
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(  # noqa: S603
        [program, "--headless", profile, "--convert-to", every_sheet, "--outdir", str(folder), str(target)],
        check=True,
        capture_output=True,
        timeout=180,
    )
    with (folder / "result-排名.csv").open(encoding="utf-8") as stream:
        next(stream)
        found = {row["编号"]: row for row in csv.DictReader(stream)}
    for wanted in run.result["departments"]:
        for header, key in (("总分", "total"), ("满意率", "satisfaction"), ("不满意率", "dissatisfaction")):
            assert f"{float(found[wanted['code']][header]):.4f}" == wanted[key]
