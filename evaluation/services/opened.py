"""Writing opened ballots: three tables, each in its own random order, with nothing that leads from one to another.

The opening of the box uses it, and the demo for past years whose ballots were never sealed.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from evaluation.models import Ballot, Opinion, Receipt, Round, UnopenedEnvelope
from evaluation.receipts import merkle_root
from foundation.database import bulk_write

_ID_BYTES = 16

#: (id of the stratum, code of the weight class, packed answers)
OpenedRow = tuple[int, str, bytes]
#: (code of the department, text)
OpinionRow = tuple[str, str]
#: (id of the stratum, sealed bytes)
UnopenedRow = tuple[int, bytes]


@dataclass(frozen=True)
class Written:
    """What is in the tables now: counts by stratum id, and the root (hexadecimal) of the sorted receipt hashes."""

    opened: Mapping[int, int]
    unopenable: Mapping[int, int]
    opinions: int
    receipts: int
    root: str


def _with_random_ids(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Put a new random id before each row and sort by it: the order of the input is gone."""
    listed = list(rows)
    pool = secrets.token_bytes(_ID_BYTES * len(listed))
    return sorted(
        ((pool[at * _ID_BYTES : (at + 1) * _ID_BYTES], *row) for at, row in enumerate(listed)), key=lambda row: row[0]
    )


def write_opened(
    *,
    round: Round,
    ballots: Iterable[OpenedRow],
    opinions: Iterable[OpinionRow] = (),
    receipts: Iterable[bytes] = (),
    unopened: Iterable[UnopenedRow] = (),
) -> Written:
    """Write the rows of an opened box in bulk; call inside the transaction that also empties the envelopes.

    Args:
        ballots: with answers checked against the round's ballot definition by the caller.
        receipts: hashes of 32 bytes, written in sorted order.

    Raises TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("opened ballots are written with what empties the envelopes")
    ballot_rows = _with_random_ids(ballots)
    unopened_rows = _with_random_ids(unopened)
    hashes = sorted(receipts)
    bulk_write(
        Ballot,
        ["id", "round_id", "stratum_id", "weight_class", "answers"],
        ((key, round.pk, stratum, weight, answers) for key, stratum, weight, answers in ballot_rows),
    )
    count = bulk_write(
        Opinion,
        ["id", "round_id", "department_code", "text"],
        ((key, round.pk, department, text) for key, department, text in _with_random_ids(opinions)),
    )
    bulk_write(Receipt, ["hash", "round_id"], ((value, round.pk) for value in hashes))
    bulk_write(
        UnopenedEnvelope,
        ["id", "round_id", "stratum_id", "sealed"],
        ((key, round.pk, stratum, sealed) for key, stratum, sealed in unopened_rows),
    )
    return Written(
        opened=Counter(row[1] for row in ballot_rows),
        unopenable=Counter(row[1] for row in unopened_rows),
        opinions=count,
        receipts=len(hashes),
        root=merkle_root(hashes).hex(),
    )
