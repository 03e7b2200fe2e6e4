"""The draw: random, and provably so. Pure: standard library only; a copy of this one folder runs anywhere.

Rules: the draw paper of the project (docs/redo-the-draw.md tells them by a worked example). Use what is exported here.
"""

from .api import DrawResult, StratumSummary, draw
from .errors import BadInput
from .plan import Plan, StratumPlan, check_public_seed, parse_plan, seed, serialise
from .selection import Place, stand_in
from .snapshot import Candidates, Pool, Registry, load_frozen, parse_registry

__all__ = [
    "BadInput",
    "Candidates",
    "DrawResult",
    "Place",
    "Plan",
    "Pool",
    "Registry",
    "StratumPlan",
    "StratumSummary",
    "check_public_seed",
    "draw",
    "load_frozen",
    "parse_plan",
    "parse_registry",
    "seed",
    "serialise",
    "stand_in",
]
