"""Seats of a stratum over its cells, by largest remainder (Hamilton), in whole numbers throughout."""

from __future__ import annotations

from collections.abc import Mapping


def allocate(sizes: Mapping[str, int], quota: int, min_per_cell: int = 0) -> dict[str, int]:
    """Spread ``quota`` seats over cells in proportion to their sizes, never more seats than a cell has candidates.

    With ``min_per_cell`` = 1 and a quota of at least the number of cells each cell first gets one seat, and the rest R
    is spread over what is left of the cells, m_c = size_c - 1 (otherwise R = quota and m_c = size_c):
    floor(R · m_c / M) seats, M = Σ m_c, and one more for the largest remainders of that division until R is used up.
    Ties: the larger cell, then the cell label in UTF-8 byte order. A quota of at least Σ size_c takes everyone.

    Monotone in the sizes: a larger cell never gets fewer seats than a smaller one, and a cell that grows while the
    others and the quota stay never loses a seat. Not monotone in the quota: one more seat in the *quota* can cost a
    cell a seat (the Alabama paradox of this method; also where the quota reaches the number of cells and the minimum
    sets in), with the minimum out of play never more than one.

    Args:
        sizes: candidates by cell label, each at least 1; the empty label is a cell like any other.
        quota: seats to spread, at least 0.
        min_per_cell: 0 or 1.

    Returns:
        Seats by cell label, for every label of ``sizes``, summing to min(quota, Σ size_c).

    Raises:
        ValueError: a size below 1, a negative quota, or a minimum other than 0 and 1.

    >>> allocate({"a": 50, "b": 30, "c": 20}, 4)
    {'a': 2, 'b': 1, 'c': 1}
    """
    if quota < 0 or min_per_cell not in (0, 1) or any(size < 1 for size in sizes.values()):
        raise ValueError("sizes must be at least 1, the quota at least 0, the minimum per cell 0 or 1")
    total = sum(sizes.values())
    if quota >= total:
        return dict(sizes)
    first = 1 if min_per_cell and quota >= len(sizes) else 0
    rest = quota - first * len(sizes)
    left = total - first * len(sizes)
    seats: dict[str, int] = {}
    remainders: list[tuple[int, int, bytes, str]] = []
    for cell, size in sizes.items():
        share, remainder = divmod(rest * (size - first), left)
        seats[cell] = first + share
        remainders.append((-remainder, -size, cell.encode("utf-8"), cell))
    # All divisions share one divisor, so remainders compare as they are; cells without one are never reached.
    remainders.sort()
    for _, _, _, cell in remainders[: quota - sum(seats.values())]:
        seats[cell] += 1
    return seats
