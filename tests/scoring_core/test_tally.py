"""From packed ballots to the cube, and what cubes can do."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from scoring.core import tally as tally_module
from scoring.core.cube import CountCube
from scoring.core.model import ScoringError
from scoring.core.tally import CubeShape, Tally, tally, tally_packed
from tests.scoring_core.builders import THREE_STEP, definition, random_ballots

ONE = (Decimal(1),)


def shape(departments: int = 2, items: int = 1, strata: int = 1, weights: tuple[Decimal, ...] = ONE) -> CubeShape:
    return CubeShape.of(departments, items, strata, weights, THREE_STEP)


def test_every_answer_is_counted_in_its_cell() -> None:
    # two ballots of two departments: (A, blank) and (A, D)
    cube = tally_packed(shape(), {(0, 0): bytes([1, 0, 1, 4])})
    assert cube.counts[:, 0, 0, 0].tolist() == [[0, 2, 0, 0, 0], [1, 0, 0, 0, 1]]
    assert cube.returned.tolist() == [2]


def test_ballots_may_come_in_portions_as_bytes_views_or_arrays() -> None:
    counter = Tally(shape(strata=2))
    counter.add(0, 0, b"\x01\x02")
    counter.add(0, 0, memoryview(b"\x01\x03"))
    counter.add(1, 0, np.array([[3, 3]], dtype=np.uint8))
    counter.add(1, 0, b"")
    assert counter.cube().returned.tolist() == [2, 1]
    assert counter.cube().counts[0, 0, 0, 0].tolist() == [0, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("data", "code"), [(b"\x01", "ballot_length"), (b"\x01\x02\x03", "ballot_length"), (b"\x01\x05", "answer_range")]
)
def test_what_is_no_ballot_of_the_round_is_refused_whole(data: bytes, code: str) -> None:
    counter = Tally(shape())
    with pytest.raises(ScoringError) as refusal:
        counter.add(0, 0, data)
    assert refusal.value.code == code
    assert counter.cube().counts.sum() == 0


@pytest.mark.parametrize(("departments", "items"), [(7, 1), (3, 3), (5000, 3)])
def test_blocks_change_nothing(departments: int, items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where offsets no longer fit into 16 bits (5,000 × 3 × 5 = 75,000)."""
    answers = np.random.default_rng(1).integers(0, 5, size=(40, departments * items), dtype=np.uint8)
    sizes = shape(departments, items)
    whole = tally_packed(sizes, {(0, 0): answers.tobytes()})
    monkeypatch.setattr(tally_module, "BLOCK", departments * items * 3)
    assert (tally_packed(sizes, {(0, 0): answers.tobytes()}).counts == whole.counts).all()
    # counted the slow way
    by_choice = np.stack([(answers == choice).sum(axis=0) for choice in range(5)], axis=1)
    assert (whole.counts[:, :, 0, 0].reshape(-1, 5) == by_choice).all()


def test_an_array_with_strata_and_classes_gives_the_same_cube() -> None:
    rules = definition({"g": {"s1": "40", "s2": "60"}})
    ballots = random_ballots(rules, 3, size=20, seed=1, weights=("1", "1.5"))
    sizes = shape(3, 1, 2, ballots.class_weights)
    rows, strata, classes = [], [], []
    for (stratum, weight_class), data in ballots.packed.items():
        part = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        rows.append(part)
        strata += [stratum] * len(part)
        classes += [weight_class] * len(part)
    order = np.random.default_rng(2).permutation(len(strata))
    cube = tally(sizes, np.concatenate(rows)[order], np.array(strata)[order], np.array(classes)[order])
    assert (cube.counts == ballots.cube(rules, 3).counts).all()


def test_joint_counts_are_those_of_pairs_of_answer_classes() -> None:
    # one department, two items: (A, C), (B, blank), (D, A): classes (1, 3), (2, 0), (0, 1) → 4a + b = 7, 8, 1
    cube = tally_packed(shape(1, 2), {(0, 0): bytes([1, 3, 2, 0, 4, 1])})
    assert cube.joint is not None
    assert np.flatnonzero(cube.joint[0, 0, 0, 0]).tolist() == [1, 7, 8]
    assert tally_packed(shape(2, 1), {}).joint is None


def test_cubes_add_up_and_survive_storage() -> None:
    sizes = shape(1, 2)
    first, second = tally_packed(sizes, {(0, 0): bytes([1, 3])}), tally_packed(sizes, {(0, 0): bytes([1, 2, 4, 4])})
    both = first + second
    whole = tally_packed(sizes, {(0, 0): bytes([1, 3, 1, 2, 4, 4])})
    assert (both.counts == whole.counts).all()
    assert both.joint is not None
    assert whole.joint is not None
    assert (both.joint == whole.joint).all()
    again = CountCube.from_bytes(both.to_bytes())
    assert (again.counts == both.counts).all()
    assert again.joint is not None
    assert (again.joint == both.joint).all()
    assert again.class_weights == both.class_weights
    single = tally_packed(shape(), {(0, 0): bytes([1, 2])})
    assert CountCube.from_bytes(single.to_bytes()).joint is None


def test_cubes_of_different_rounds_do_not_add_up() -> None:
    one = tally_packed(shape(2), {})
    for other in (tally_packed(shape(3), {}), tally_packed(shape(2, weights=(Decimal(2),)), {})):
        with pytest.raises(ValueError, match="add up"):
            one + other
    joint = tally_packed(shape(1, 2), {})
    with pytest.raises(ValueError, match="joint"):
        joint + CountCube(joint.counts, joint.class_weights)
    with pytest.raises(ValueError, match="cube"):
        CountCube.from_bytes(b"something else")
    with pytest.raises(ValueError, match="above 0"):
        CountCube(one.counts, (Decimal(0),))


def test_weights_are_summed_exactly_whatever_their_size() -> None:
    # 0.1 three times is 0.3 to the last digit; a weight of 10^30 leaves 64 bits and still adds up
    cube = tally_packed(shape(1, 1, 1, (Decimal("0.1"), Decimal(10) ** 30)), {(0, 0): b"\x01\x01\x01", (0, 1): b"\x01"})
    cells = cube.cells()
    assert cells.counts[0, 0, 0].tolist() == [4, 0, 0, 0]
    assert (int(cells.weighted[0, 0, 0, 0]), cells.denominator) == (3 + 10**31, 10)
