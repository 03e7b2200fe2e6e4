"""For the fault test: a worker that includes this stops for good in the middle of its first draw.

By then the places are written, the invitations are not, and nothing is committed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from evaluation.services import drawing

TRACE = "TEST_DRAW_TRACE"
_invite = drawing._invite


def _stop_once(*args: Any, **kwargs: Any) -> None:
    trace = Path(os.environ[TRACE])
    if not trace.exists():
        trace.write_text("the places are written")
        time.sleep(120)
    _invite(*args, **kwargs)


drawing._invite = _stop_once
