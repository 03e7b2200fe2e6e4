"""What the chances of the bootstrap mean: which ranks cannot be told apart, and whether the last are surely the last.

"Told apart" is used as everywhere in statistics: an order that came out in at least 95 % of the replicates.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .bootstrap import GroupOrder

#: A chance from which on an order counts as sure.
SURE = 0.95


def blurred(order: GroupOrder) -> tuple[tuple[str, ...], ...]:
    """The longest stretches of the published order within which no two departments can be told apart, from the top.

    Every two of a stretch are uncertain, not only its neighbours: that A and B, and B and C, cannot be told apart does
    not say so of A and C. Stretches may overlap; each has at least two departments.
    """
    found: list[tuple[int, int]] = []
    for start in range(len(order.codes) - 1):
        end = start + 1
        while end < len(order.codes) and all(order.chance(at, end) < SURE for at in range(start, end)):
            end += 1
        if end - start > 1 and (not found or end > found[-1][1]):
            found.append((start, end))
    return tuple(order.codes[start:end] for start, end in found)


def unsure_last(order: GroupOrder, last: Collection[str]) -> tuple[str, ...]:
    """Those of `last` (codes, at the end of the order) that some department not among them may well belong behind.

    Empty where the last are surely the last, and where nobody else is in the group.
    """
    return tuple(
        code
        for at, code in enumerate(order.codes)
        if code in last and any(order.chance(above, at) < SURE for above in range(at) if order.codes[above] not in last)
    )


def orders_json(orders: Sequence[GroupOrder]) -> list[dict[str, Any]]:
    """The orders as plain data, chances at 4 decimals rounded down so that none looks surer than it is."""
    return [
        {
            "group": order.group,
            "codes": list(order.codes),
            "chances": [[int(chance * 10_000 + 1e-9) / 10_000 for chance in row] for row in order.chances],
        }
        for order in orders
    ]


def order_of_json(data: Mapping[str, Any]) -> GroupOrder:
    """An order back from `orders_json`."""
    return GroupOrder(data["group"], tuple(data["codes"]), tuple(map(tuple, data["chances"])))
