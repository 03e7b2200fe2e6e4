"""``python -m evaluators.draw FOLDER --out drawn.csv``: redo a draw from its registry.csv and draw.json."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path
from typing import NoReturn

from .api import DrawResult, draw
from .errors import BadInput
from .plan import parse_plan
from .snapshot import parse_registry

PLAN_FILE = "draw.json"
REGISTRY_FILE = "registry.csv"
EXIT_BAD_INPUT = 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and exit 2, like every other bad input."""
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 for bad input."""
    parser = _Parser(prog="draw", description="Draw evaluators from registry.csv by the plan and seed of draw.json.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"holds {REGISTRY_FILE} and {PLAN_FILE}")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the drawn places are written")
    options = parser.parse_args(arguments)
    try:
        result = draw_folder(options.folder)
        write_whole(options.out, result.csv(), not_over=[options.folder / PLAN_FILE, options.folder / REGISTRY_FILE])
    except BadInput as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    # Bytes, since a bare locale could not print a Chinese stratum; a terminal gets its newline, a file the bare object.
    sys.stdout.buffer.write(result.summary_json().encode("utf-8") + (b"\n" if sys.stdout.isatty() else b""))
    sys.stdout.buffer.flush()
    return 0


def draw_folder(folder: Path) -> DrawResult:
    """The draw that a folder with ``registry.csv`` and ``draw.json`` describes.

    Raises:
        BadInput: with file, row and column.
        OSError: a file is missing or cannot be read.
    """
    plan, public_seed = parse_plan((folder / PLAN_FILE).read_bytes(), file=PLAN_FILE)
    with (folder / REGISTRY_FILE).open("rb") as stream:
        registry = parse_registry(stream, strata=plan.codes, file=REGISTRY_FILE)
    return draw(registry.candidates(), plan, public_seed or "")


def write_whole(path: Path, data: bytes, not_over: list[Path]) -> None:
    """Write a file so that, whatever happens, it is there as a whole or as it was before.

    Raises:
        BadInput: the target is one of ``not_over``, or no regular file.
        OSError: it cannot be written.
    """
    if path.exists():
        if not path.is_file():
            raise BadInput("bad_out", "is no file that could be written", file=str(path))
        if any(other.exists() and path.samefile(other) for other in not_over):
            raise BadInput("bad_out", "is an input of the draw and would be overwritten", file=str(path))
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _refuse(line: str) -> int:
    print(" ".join(line.split()), file=sys.stderr)  # noqa: T201 - the command's own output
    return EXIT_BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
