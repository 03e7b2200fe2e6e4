"""Canonical bytes, their hash, and what the draw gets of a registry."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.draw import BadInput, Pool, Registry, load_frozen, parse_registry
from evaluators.draw.labels import check_label, normalise_label
from evaluators.draw.snapshot import SnapshotDifference

A, B, C = "a" * 64, "b" * 64, "c" * 64

ROWS = [
    ("b001", "res", "鼓楼区|制造业", "", B),
    ("B-01", "res", "", 'Unit "7", east', A),
    ("Aa_1", "npc", "a,b", "U 1", C),
]
# By id in byte order: "Aa_1" < "B-01" < "b001". Quotes only around the comma and the quote.
CANONICAL = (
    "id,stratum,cell,unit,commitment\n"
    f'Aa_1,npc,"a,b",U 1,{C}\n'
    f'B-01,res,,"Unit ""7"", east",{A}\n'
    f"b001,res,鼓楼区|制造业,,{B}\n"
).encode()


def test_the_canonical_bytes_are_as_written_in_the_rules() -> None:
    registry = Registry.from_rows(ROWS)
    assert b"".join(registry.canonical()) == CANONICAL
    assert registry.snapshot_hash == hashlib.sha256(CANONICAL).hexdigest()


def test_candidates_are_the_rows_by_stratum() -> None:
    pools = Registry.from_rows(ROWS).candidates().pools
    assert pools == {
        "res": Pool(["b001", "B-01"], ["鼓楼区|制造业", ""], ["", 'Unit "7", east']),
        "npc": Pool(["Aa_1"], ["a,b"], ["U 1"]),
    }


def test_a_registry_without_rows_is_a_registry() -> None:
    registry = parse_registry(b"id,stratum,cell,unit,commitment\n")
    assert registry.candidates().pools == {}
    assert load_frozen(b"".join(registry.canonical()), registry.snapshot_hash).pools == {}


def test_a_changed_snapshot_is_refused_and_the_change_can_be_shown() -> None:
    frozen = Registry.from_rows(ROWS)
    later = Registry.from_rows([ROWS[0], ("B-01", "res", "", 'Unit "7", east', B), ("new1", "res", "", "", A)])

    with pytest.raises(BadInput) as refused:
        load_frozen(b"".join(later.canonical()), frozen.snapshot_hash)

    assert refused.value.code == "snapshot_changed"
    assert frozen.difference(later) == SnapshotDifference(added=["new1"], removed=["Aa_1"], changed=["B-01"])


label = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(normalise_label)
rows = st.lists(
    st.tuples(
        st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{3,9}\Z"),
        label.filter(bool),
        label,
        label,
        st.sampled_from([A, B, C]),
    ),
    unique_by=lambda row: row[0].lower(),
    max_size=12,
)


@given(rows, st.randoms(use_true_random=False))
def test_any_way_to_write_the_rows_gives_the_same_hash_and_the_same_candidates(rows, random) -> None:
    registry = Registry.from_rows(rows)
    canonical = b"".join(registry.canonical())
    shuffled = random.sample(rows, len(rows))
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["id", "stratum", "cell", "unit", "commitment"], *shuffled])

    again = parse_registry(text.getvalue().encode())

    assert again.snapshot_hash == registry.snapshot_hash == hashlib.sha256(canonical).hexdigest()
    assert parse_registry(canonical).snapshot_hash == registry.snapshot_hash
    frozen, read = load_frozen(canonical, registry.snapshot_hash), parse_registry(canonical).candidates()
    assert frozen == read


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_normalised_label_keeps_the_rules(text: str) -> None:
    label = normalise_label(text)
    assert len(label) > 100 or check_label(label) == label
    assert normalise_label(label) == label


def test_blocks_do_not_show() -> None:
    # Two and a half blocks of rows, with a quoted field in the last one only.
    rows = [(f"p{number:08d}", f"s{number % 3}", f"区{number % 7}", "", A) for number in range(40_000)]
    rows[-1] = (*rows[-1][:3], "U,1", A)
    registry = Registry.from_rows(rows)
    canonical = b"".join(registry.canonical())
    assert canonical.count(b"\n") == 40_001
    assert load_frozen(canonical, registry.snapshot_hash) == registry.candidates()
