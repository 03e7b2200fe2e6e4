"""How much the answers of one stratum on each department varied from ballot to ballot.

    u_i = Σ_q a_q/100 · w_i [i valid on q] (y_iq − p_q) / (Σ_j w_j [j valid on q] / n)          S² = Σ_i u_i² / (n − 1)

y_iq is 1 where the answer counts as satisfied, p_q the weighted share of such answers. (1 − n/N) · S²/n is then the
variance of the rate as scoring publishes it (design paper, "How sure is it"): z_i there is u_i/n.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: Below so many valid answers a cell whose answers all agree is hidden (design paper, "Privacy of small cells").
UNANIMOUS_BELOW = 20


def spreads(
    answers: npt.NDArray[np.uint8],
    weights: npt.NDArray[np.float64],
    *,
    valid: Sequence[bool],
    satisfied: Sequence[bool],
    shares: Sequence[float],
    min_cell: int,
) -> list[float | None]:
    """S² of each department.

    Args:
        answers: shape (ballots, departments, items); 0 = blank, k = the k-th choice.
        weights: of the ballots, all above 0.
        valid, satisfied: what the choices count as, from the first one on.
        shares: of the items, a_q/100.
        min_cell: fewest valid answers of a cell that may be looked at.

    Returns:
        None for a department of which a cell is too small, or too small for how much it agrees.
    """
    ballots, departments, _items = answers.shape
    is_valid = np.array([False, *valid])
    is_satisfied = np.array([False, *satisfied])
    least = max(min_cell, 2)
    found: list[float | None] = []
    for department in range(departments):
        deviation: npt.NDArray[np.float64] | None = np.zeros(ballots)
        for item, share in enumerate(shares):
            column = answers[:, department, item]
            one = _deviation(is_valid[column], is_satisfied[column], weights, least)
            deviation = None if one is None or deviation is None else deviation + share * one
        found.append(None if deviation is None else float(deviation @ deviation / (ballots - 1)))
    return found


def _deviation(
    valid: npt.NDArray[np.bool_], satisfied: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64], least: int
) -> npt.NDArray[np.float64] | None:
    """w_i [valid] (y_i − p) / (Σ w [valid] / n) of one cell; None where it must not be looked at."""
    number, agreeing = int(valid.sum()), int((valid & satisfied).sum())
    if number < least or (agreeing in (0, number) and number < UNANIMOUS_BELOW):
        return None
    counted = weights * valid
    whole = counted.sum()
    rate = (counted * satisfied).sum() / whole
    return counted * (satisfied - rate) * (len(valid) / whole)
