"""The draw: random, and provably so. Pure: standard library only; a copy of this one folder runs anywhere.

Rules: the draw paper of the project (docs/redo-the-draw.md tells them by a worked example). Use what is exported here.
"""

from .api import DrawResult, StratumSummary, draw
from .errors import BadInput
from .plan import Plan, StratumPlan, check_public_seed, parse_plan, seed, serialise
from .selection import Place
from .snapshot import Candidates, Pool, Registry, load_frozen, parse_registry
from .standins import Replaced, parse_drawn, replay, stand_in

__all__ = [
    "BadInput",
    "Candidates",
    "DrawResult",
    "Place",
    "Plan",
    "Pool",
    "Registry",
    "Replaced",
    "StratumPlan",
    "StratumSummary",
    "check_public_seed",
    "draw",
    "load_frozen",
    "parse_drawn",
    "parse_plan",
    "parse_registry",
    "replay",
    "seed",
    "serialise",
    "stand_in",
]
