"""The recount as one file that anyone can run: `python recount.pyz BUNDLE --out results.json`, with numpy installed.

It holds what `python -m scoring` needs of this repository and nothing else: no Django, no database.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import lru_cache
from pathlib import Path

NAME = "recount.pyz"
#: What of the repository is enough, as a copy of these paths or in the one file.
PARTS = (
    "evaluation/__init__.py",
    "evaluation/definition/*.py",
    "scoring/__init__.py",
    "scoring/__main__.py",
    "scoring/core/*.py",
)
_ROOT = Path(__file__).resolve().parent.parent
_TIME = (1980, 1, 1, 0, 0, 0)
_START = '''"""Recount a round from its bundle: python recount.pyz BUNDLE --out results.json"""

import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or later is needed.")
try:
    import numpy
except ImportError:
    sys.exit("numpy is missing. Install it: python -m pip install numpy")

from scoring.__main__ import main

sys.exit(main())
'''


def parts() -> list[Path]:
    """The files of the program, by path from the root of the repository."""
    return sorted(path.relative_to(_ROOT) for pattern in PARTS for path in _ROOT.glob(pattern))


@lru_cache(maxsize=1)
def program() -> bytes:
    """The one file: a zip that Python runs. Equal code gives equal bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [("__main__.py", _START.encode()), *((str(p), (_ROOT / p).read_bytes()) for p in parts())]:
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return stream.getvalue()


@lru_cache(maxsize=1)
def program_sha256() -> str:
    """The fingerprint of the one file."""
    return hashlib.sha256(program()).hexdigest()
