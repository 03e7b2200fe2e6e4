"""Everything that changes a round, its invitations and its ballots. One function a verb; use what is exported here."""

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
    "starting_configuration",
    "unfreeze",
    "verify_draw",
    "void_draw",
    "ways_back",
]
