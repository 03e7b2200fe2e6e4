"""The round's rules as pure data: configuration, scoring definition, ballot definition. Knows no Django."""

from .ballot import BallotDefinition, BallotDepartment
from .configuration import RoundConfiguration
from .defaults import default_configuration, equal_weights
from .outcomes import Advanced, KeyHelp, MostImproved, OutcomeRules, PeopleSatisfied
from .parts import (
    BallotRules,
    Band,
    Choice,
    Composite,
    GroupWeights,
    Item,
    StratumPlan,
    WeightClass,
    YearOverYear,
)
from .problems import SECTIONS, DefinitionError, Problem
from .scoring_definition import ScoredStratum, ScoringDefinition, parse_round

__all__ = [
    "SECTIONS",
    "Advanced",
    "BallotDefinition",
    "BallotDepartment",
    "BallotRules",
    "Band",
    "Choice",
    "Composite",
    "DefinitionError",
    "GroupWeights",
    "Item",
    "KeyHelp",
    "MostImproved",
    "OutcomeRules",
    "PeopleSatisfied",
    "Problem",
    "RoundConfiguration",
    "ScoredStratum",
    "ScoringDefinition",
    "StratumPlan",
    "WeightClass",
    "YearOverYear",
    "default_configuration",
    "equal_weights",
    "parse_round",
]
