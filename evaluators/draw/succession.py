"""``python -m evaluators.draw.succession FOLDER``: redo the replacements of a draw, one after the other.

The folder holds ``draw.json`` and ``drawn.csv`` (redone before by ``python -m evaluators.draw``) and ``replaced.csv``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import NoReturn

from .errors import BadInput
from .plan import parse_plan
from .standins import DRAWN_FILE, REPLACED_FILE, differing, parse_drawn, parse_replaced

PLAN_FILE = "draw.json"
EXIT_DIFFERS, EXIT_BAD_INPUT = 1, 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and exit 2, like every other bad input."""
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command: 0 if every stand-in follows from the rule, 1 if one does not, 2 for bad input."""
    parser = _Parser(prog="succession", description="Redo the replacements of a draw from its published files.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"holds {PLAN_FILE}, {DRAWN_FILE}, {REPLACED_FILE}")
    folder: Path = parser.parse_args(arguments).folder
    try:
        plan, _seed = parse_plan((folder / PLAN_FILE).read_bytes(), file=PLAN_FILE)
        places = parse_drawn((folder / DRAWN_FILE).read_bytes())
        replaced = parse_replaced((folder / REPLACED_FILE).read_bytes())
        wrong = differing(places, replaced, {stratum.code: stratum.max_per_unit for stratum in plan.strata})
    except (BadInput, ValueError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}")
    answer = {"replaced": len(replaced), "same": not wrong, "expected": {str(number): who for number, who in wrong}}
    print(json.dumps(answer, ensure_ascii=False))  # noqa: T201 - the command's own output
    return EXIT_DIFFERS if wrong else 0


def _refuse(line: str) -> int:
    print(" ".join(line.split()), file=sys.stderr)  # noqa: T201 - the command's own output
    return EXIT_BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
