"""`python -m scoring BUNDLE --out results.json`: recount a round from its bundle. No Django, no database."""

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scoring.core.bootstrap import REPLICATES
from scoring.core.bundle import read_bundle
from scoring.core.bundle_files import BundleError
from scoring.core.recount import rank_intervals
from scoring.core.result_json import results_text

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 with the fingerprints on standard output, or 2 with one line on standard error, nothing written."""
    parser = argparse.ArgumentParser(prog="python -m scoring", description="Recount a round from its bundle.")
    parser.add_argument("bundle", type=Path, help="folder or zip")
    parser.add_argument("--out", type=Path, required=True, help="where to write results.json")
    parser.add_argument("--no-rank-intervals", action="store_true", help="skip the bootstrap of the ranks")
    parser.add_argument("--replicates", type=int, default=REPLICATES, help=f"of the bootstrap (default {REPLICATES})")
    options = parser.parse_args(arguments)
    if options.replicates < 1:
        parser.error("--replicates must be 1 or more")
    try:
        bundle = read_bundle(options.bundle)
        result = bundle.score()
        fingerprint = bundle.fingerprint() if bundle.ballots is not None else ""
        intervals = None
        if fingerprint and not options.no_rank_intervals:
            intervals = rank_intervals(bundle, result, fingerprint, options.replicates)
        text = results_text(result, intervals)
        _write(options.out, text)
    except BundleError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    if fingerprint:
        print(f"SHA-256 of the input: {fingerprint}")  # noqa: T201
    print(f"SHA-256 of {options.out.name}: {hashlib.sha256(text.encode()).hexdigest()}")  # noqa: T201
    return 0


def _write(path: Path, text: str) -> None:
    """All or nothing: written beside the target, then moved over it."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BundleError(str(path), f"cannot be written ({error.strerror or error})") from error


if __name__ == "__main__":
    sys.exit(main())
