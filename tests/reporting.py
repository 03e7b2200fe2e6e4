"""What went wrong, kept outside pytest's own output: a gate shows the end of a log, and a run given up has no summary.

A pytest plugin (registered by `tests/conftest.py`). With ``TEST_REPORT`` naming a folder it writes there, at once:

- ``failures``: each failure as it happens, the place and the last lines of its traceback;
- ``running``: the tests begun and not ended, so that whoever ends a hanging run can say which test hung;
- ``stacks-PID``: where each thread stands, of every process of the run, when it gets the signal `STACKS`.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from pathlib import Path

import pytest

LINES_OF_A_FAILURE = 40
STACKS = signal.SIGUSR1


class Reporter:
    """Writes the two files into `folder`; lives in the process that leads the others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._begun: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._begun[nodeid] = time.time()
        self._write_running()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._begun.pop(nodeid, None)
        self._write_running()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.failed:
            return
        lines = report.longreprtext.splitlines()[-LINES_OF_A_FAILURE:]
        with (self.folder / "failures").open("a", encoding="utf-8") as file:
            file.write("\n".join([f"-- {report.nodeid} ({report.when}, {report.duration:.1f} s)", *lines, "", ""]))

    def _write_running(self) -> None:
        lines = [f"{time.strftime('%H:%M:%S', time.localtime(at))} {name}\n" for name, at in self._begun.items()]
        (self.folder / "running").write_text("".join(lines), encoding="utf-8")


def register(config: pytest.Config) -> None:
    """Report from this process, if `TEST_REPORT` asks for it; xdist's workers only say where they stand."""
    named = os.environ.get("TEST_REPORT")
    if not named:
        return
    folder = Path(named)
    faulthandler.register(STACKS, file=(folder / f"stacks-{os.getpid()}").open("w"), all_threads=True)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reporter(folder))
