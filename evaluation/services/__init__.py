"""Everything that changes a round, its invitations and its ballots. One function a verb; use what is exported here."""

from .comparing import set_baseline_aside, take_baseline_back
from .configuring import configure, edit_basics, edits_since, reschedule
from .drawing import draw_evaluators, verify_draw, void_draw
from .freezing import freeze_register, unfreeze
from .moves import move, next_verb, ways_back
from .opening_round import open_round
from .rounds import create_round, starting_configuration

__all__ = [
    "configure",
    "create_round",
    "draw_evaluators",
    "edit_basics",
    "edits_since",
    "freeze_register",
    "move",
    "next_verb",
    "open_round",
    "reschedule",
    "set_baseline_aside",
    "starting_configuration",
    "take_baseline_back",
    "unfreeze",
    "verify_draw",
    "void_draw",
    "ways_back",
]
