"""No code and no answer in a log line, an error report, the audit log, a traceback or the table of jobs."""

from __future__ import annotations

import logging
import traceback
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from evaluation.models import Invitation
from foundation.logs import PrivacyFilter
from foundation.models import AuditEntry, Job
from tests.ballot.test_pages import Voter
from tests.ballot.world import World, build

OPINION = "窗口人员推诿扯皮"


@pytest.fixture
def log() -> StringIO:
    """Everything that any logger says, at any level, written as the site writes it."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(PrivacyFilter())
    root = logging.getLogger()
    quiet = list(map(logging.getLogger, ("django", "django.request", "django.server")))
    before = [(logger, logger.level, logger.propagate) for logger in [root, *quiet]]
    root.addHandler(handler)
    for logger in [root, *quiet]:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    yield stream
    root.removeHandler(handler)
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate


def secrets_of(voter: Voter) -> list[str]:
    code = voter.code
    return [code.reveal(), code.reveal_grouped(), code.reveal()[:16], code.draft_key.hex(), OPINION]


@pytest.mark.django_db
class TestLogs:
    def test_a_whole_vote_says_nothing(self, log: StringIO) -> None:
        world = build()
        voter = Voter(world)
        voter.start()
        voter.answer(1, 2, **{f"o{n}": OPINION for n in range(6)})
        voter.submit()
        Client().get(f"/b/{voter.code.reveal()}/nothing-here")
        Client().post("/b/", {"code": voter.code.reveal() + "X"})
        Client().get(f"/b/{voter.code.reveal()[:-1]}0")
        written = log.getvalue()
        for secret in secrets_of(voter):
            assert secret not in written

    def test_djangos_own_loggers_are_filtered_too(self) -> None:
        for name in ("django", "django.server"):
            # pytest listens with handlers of its own; those of the site are plain streams.
            for handler in logging.getLogger(name).handlers:
                if type(handler) is logging.StreamHandler:
                    assert any(isinstance(each, PrivacyFilter) for each in handler.filters)
                assert not isinstance(handler, AdminEmailHandler)

    def test_neither_the_audit_log_nor_a_job_knows(self) -> None:
        world = build()
        voter = Voter(world)
        voter.vote()
        held = "".join(str(vars(row)) for model in (AuditEntry, Job) for row in model.objects.all())
        for secret in secrets_of(voter):
            assert secret not in held

    def test_an_error_in_the_middle_of_a_submit_says_nothing(self, log: StringIO, monkeypatch) -> None:
        world = build()
        voter = Voter(world)
        voter.client.raise_request_exception = False
        voter.start()
        voter.answer(1, 2, **{f"o{n}": OPINION for n in range(6)})
        reports: list[str] = []

        def broken(*args: object, **kwargs: object) -> None:
            raise RuntimeError("the disk is full")

        def keep(sender: object, request, **kwargs: object) -> None:
            import sys

            request.exception_reporter_filter = SafeExceptionReporterFilter()
            reporter = ExceptionReporter(request, *sys.exc_info())  # type: ignore[arg-type]
            reports.append(reporter.get_traceback_text() + "".join(traceback.format_exc()))

        from django.core.signals import got_request_exception

        got_request_exception.connect(keep)
        try:
            form = voter.review()
            monkeypatch.setattr("evaluation.services.submitting._store", broken)
            assert voter.client.post("/b/ballot/submit/", form).status_code == 500
            monkeypatch.setattr("evaluation.services.drafts._exchange", broken)
            page = voter.client.post("/b/ballot/1/", {f"o{n}": OPINION + "！" for n in range(6)})
            assert page.status_code == 500
        finally:
            got_request_exception.disconnect(keep)
        assert len(reports) == 2
        for secret in [*secrets_of(voter), form["token"]]:
            assert secret not in page.content.decode()
            for report in [*reports, log.getvalue()]:
                assert secret not in report
        assert Invitation.objects.exclude(returned_on=None).count() == 0

    def test_commands_say_how_many_and_no_more(self, tmp_path) -> None:
        world: World = build(is_demo=False, state="drawn")
        out, err = StringIO(), StringIO()
        call_command("issue_codes", "2008", "--out", str(tmp_path / "codes.xlsx"), stdout=out, stderr=err)
        import openpyxl

        rows = list(openpyxl.load_workbook(tmp_path / "codes.xlsx").active.iter_rows(min_row=2, values_only=True))
        assert len(rows) == len(world.invitations)
        for row in rows:
            assert row[5] not in out.getvalue() + err.getvalue()
