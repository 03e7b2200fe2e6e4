"""A job for the fault test: its first attempt never ends, the next one does; both leave a line in a file."""

from __future__ import annotations

import time
from pathlib import Path

from foundation.jobs import Progress, job

KIND = "tests.slow"


@job(KIND, title="A slow job")
def slow(progress: Progress, *, path: str) -> dict[str, int]:
    with Path(path).open("a", encoding="utf-8") as stream:
        stream.write("attempt\n")
    attempts = len(Path(path).read_text(encoding="utf-8").splitlines())
    limit = time.monotonic() + 120
    while attempts == 1 and time.monotonic() < limit:
        progress.report(1, 2)
        time.sleep(0.3)
    progress.confirm()
    return {"attempts": attempts}
