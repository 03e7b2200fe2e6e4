"""The parts a round's rules are made of. All are frozen; decimals are exact; a draft may leave a number out (None).

Each part reads a plain dictionary leniently (`from_dict`, garbage becomes None or the text as it stands, for
`checks.py` to report) and writes one (`to_dict`, JSON-safe, decimals as strings, stable order).
Symbols in the docstrings are those of docs/scoring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .values import decimal_or_none, exact_sum, integer_or_none, plain

SATISFIED, NEUTRAL, DISSATISFIED, ABSTAIN = "satisfied", "neutral", "dissatisfied", "abstain"
COUNTS = (SATISFIED, NEUTRAL, DISSATISFIED, ABSTAIN)
MODES = ("all", "random")
DRAWN_BY = ("person", "unit")
CELL_KEYS = ("district", "industry")
RECUSALS = ("none", "round", "group", "department")
METHODS = ("none", "linear", "banded", "headroom")
TIE_BREAKS = ("satisfaction", "dissatisfaction")
RANK_SCOPES = ("group", "overall")
MAX_CHOICES = 20
ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)


def text(data: Mapping[str, Any], key: str) -> str:
    """The trimmed text under `key`; "" when absent."""
    value = data.get(key)
    return "" if value is None else str(value).strip()


def rows(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The list of objects under `key`; whatever is no object is dropped."""
    value = data.get(key)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under `key`; empty when absent."""
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def shown(value: Decimal | None) -> str:
    """A decimal for JSON: its shortest plain notation, "" for none."""
    return "" if value is None else plain(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One step of the scale: value v_c (0–100) and what it counts as. The value of an abstention is never used."""

    code: str
    label: str
    value: Decimal | None
    counts: str
    label_en: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether such an answer is a valid vote."""
        return self.counts != ABSTAIN

    @property
    def points(self) -> Fraction:
        """v_c as an exact fraction, 0 for an abstention."""
        return Fraction(self.value) if self.is_valid and self.value is not None else Fraction(0)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Choice":
        return cls(
            text(data, "code"),
            text(data, "label"),
            decimal_or_none(data.get("value")),
            text(data, "counts"),
            text(data, "label_en"),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label,
            "label_en": self.label_en,
            "value": shown(self.value),
            "counts": self.counts,
        }


@dataclass(frozen=True, slots=True)
class Item:
    """One criterion q with its weight a_q (per cent; all add up to 100)."""

    code: str
    label: str
    weight: Decimal | None
    label_en: str = ""

    @property
    def share(self) -> Fraction:
        """a_q/100 as an exact fraction."""
        return Fraction(self.weight or 0) / 100

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Item":
        return cls(text(data, "code"), text(data, "label"), decimal_or_none(data.get("weight")), text(data, "label_en"))

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "label": self.label, "label_en": self.label_en, "weight": shown(self.weight)}


@dataclass(frozen=True, slots=True)
class StratumPlan:
    """One stratum s: how many are drawn from it and how.

    `mode` all (everybody, no quota) or random; `drawn_by` person or unit (then each drawn unit hands out
    `ballots_per_unit` codes); `quota` and `reserve` count candidates, i.e. persons or units; `max_per_unit` caps the
    persons of one unit (None = no cap); `min_per_cell` 1 gives every cell one seat first; `cell_by` names what the
    cell label is made of; who was drawn in the last `rotation_rounds` rounds is left out; `recusal` says what an
    evaluator who works for a department loses: nothing, the whole round, its group, or its own department;
    `design_effect` multiplies the variance of a stratum drawn by unit.
    """

    code: str
    label: str
    label_en: str = ""
    design_effect: Decimal | None = ONE
    mode: str = "random"
    drawn_by: str = "person"
    ballots_per_unit: int = 1
    quota: int = 0
    reserve: int = 0
    max_per_unit: int | None = None
    min_per_cell: int = 0
    cell_by: tuple[str, ...] = ("district", "industry")
    rotation_rounds: int = 0
    recusal: str = "department"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "StratumPlan":
        def number(key: str, default: int) -> int:
            value = integer_or_none(data.get(key))
            return default if value is None else value

        cell_by = data.get("cell_by", CELL_KEYS)
        return cls(
            code=text(data, "code"),
            label=text(data, "label"),
            label_en=text(data, "label_en"),
            design_effect=decimal_or_none(data["design_effect"]) if "design_effect" in data else ONE,
            mode=text(data, "mode") or "random",
            drawn_by=text(data, "drawn_by") or "person",
            ballots_per_unit=number("ballots_per_unit", 1),
            quota=number("quota", 0),
            reserve=number("reserve", 0),
            max_per_unit=integer_or_none(data.get("max_per_unit")),
            min_per_cell=number("min_per_cell", 0),
            cell_by=tuple(str(key) for key in cell_by) if isinstance(cell_by, list | tuple) else CELL_KEYS,
            rotation_rounds=number("rotation_rounds", 0),
            recusal=text(data, "recusal") or "department",
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label,
            "label_en": self.label_en,
            "design_effect": shown(self.design_effect),
            "mode": self.mode,
            "drawn_by": self.drawn_by,
            "ballots_per_unit": self.ballots_per_unit,
            "quota": self.quota,
            "reserve": self.reserve,
            "max_per_unit": self.max_per_unit,
            "min_per_cell": self.min_per_cell,
            "cell_by": list(self.cell_by),
            "rotation_rounds": self.rotation_rounds,
            "recusal": self.recusal,
        }


@dataclass(frozen=True, slots=True)
class GroupWeights:
    """One department group g with the weights W_gs of the strata (per cent, together 100; absent = 0)."""

    code: str
    label: str
    weights: Mapping[str, Decimal] = field(default_factory=dict)
    label_en: str = ""

    @property
    def total(self) -> Decimal:
        """Σ_s W_gs."""
        return exact_sum(self.weights.values())

    def weight(self, stratum: str) -> Decimal:
        """W_gs; 0 means that the stratum does not judge this group."""
        return self.weights.get(stratum, ZERO)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "GroupWeights":
        weights = {str(key): decimal_or_none(value) or ZERO for key, value in part(data, "weights").items()}
        return cls(text(data, "code"), text(data, "label"), weights, text(data, "label_en"))

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label,
            "label_en": self.label_en,
            "weights": {stratum: plain(weight) for stratum, weight in self.weights.items()},
        }


@dataclass(frozen=True, slots=True)
class WeightClass:
    """A class of evaluators with its weight w > 0 inside the stratum. One class is the default for everybody else."""

    code: str
    label: str
    weight: Decimal | None = ONE
    default: bool = False
    label_en: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "WeightClass":
        code = text(data, "code")
        weight = decimal_or_none(data.get("weight"))
        return cls(code, text(data, "label"), weight, bool(data.get("default", code == "")), text(data, "label_en"))

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label,
            "label_en": self.label_en,
            "weight": shown(self.weight),
            "default": self.default,
        }


@dataclass(frozen=True, slots=True)
class Band:
    """A row of the banded method: from a change of `start` percentage points on, `points` points."""

    start: Decimal | None
    points: Decimal | None


def sorted_bands(bands: Sequence[Band]) -> tuple[Band, ...]:
    """Bands by ascending start; unfinished rows last."""
    return tuple(sorted(bands, key=lambda band: (band.start is None, band.start or ZERO)))


@dataclass(frozen=True, slots=True)
class YearOverYear:
    """How the change against last year turns into points A_d (纵向比较).

    `satisfied` is k_s, `dissatisfied` k_u; a cap of None does not limit; the bands serve the method `banded`;
    `deadband` counts a change that is not statistically distinct as none.
    """

    method: str = "none"
    satisfied: Decimal | None = ZERO
    dissatisfied: Decimal | None = ZERO
    cap_satisfied: Decimal | None = None
    cap_dissatisfied: Decimal | None = None
    bands_satisfied: tuple[Band, ...] = ()
    bands_dissatisfied: tuple[Band, ...] = ()
    deadband: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "YearOverYear":
        def bands(key: str) -> tuple[Band, ...]:
            return sorted_bands(
                [Band(decimal_or_none(row.get("from")), decimal_or_none(row.get("points"))) for row in rows(data, key)]
            )

        return cls(
            method=text(data, "method") or "none",
            satisfied=decimal_or_none(data["satisfied"]) if "satisfied" in data else ZERO,
            dissatisfied=decimal_or_none(data["dissatisfied"]) if "dissatisfied" in data else ZERO,
            cap_satisfied=decimal_or_none(data.get("cap_satisfied")),
            cap_dissatisfied=decimal_or_none(data.get("cap_dissatisfied")),
            bands_satisfied=bands("bands_satisfied"),
            bands_dissatisfied=bands("bands_dissatisfied"),
            deadband=data.get("deadband") is True,
        )

    def to_dict(self) -> dict[str, Any]:
        def bands(values: tuple[Band, ...]) -> list[dict[str, str]]:
            return [{"from": shown(band.start), "points": shown(band.points)} for band in values]

        return {
            "method": self.method,
            "satisfied": shown(self.satisfied),
            "dissatisfied": shown(self.dissatisfied),
            "cap_satisfied": shown(self.cap_satisfied),
            "cap_dissatisfied": shown(self.cap_dissatisfied),
            "bands_satisfied": bands(self.bands_satisfied),
            "bands_dissatisfied": bands(self.bands_dissatisfied),
            "deadband": self.deadband,
        }


@dataclass(frozen=True, slots=True)
class Composite:
    """The shares λ_E (public evaluation) and λ_K (assessment) of the comprehensive score, per cent."""

    public: Decimal | None = HUNDRED
    assessment: Decimal | None = ZERO

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Composite":
        if not data:
            return cls()
        return cls(decimal_or_none(data.get("public")), decimal_or_none(data.get("assessment")))

    def to_dict(self) -> dict[str, Any]:
        return {"public": shown(self.public), "assessment": shown(self.assessment)}


@dataclass(frozen=True, slots=True)
class BallotRules:
    """How the ballot behaves: replace until closing, grace for forms already open, departments on one screen."""

    replace_allowed: bool = True
    grace_minutes: int = 15
    departments_per_page: int = 10

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "BallotRules":
        default = cls()
        grace = integer_or_none(data.get("grace_minutes"))
        page = integer_or_none(data.get("departments_per_page"))
        return cls(
            data.get("replace_allowed", default.replace_allowed) is True,
            default.grace_minutes if grace is None else grace,
            default.departments_per_page if page is None else page,
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "replace_allowed": self.replace_allowed,
            "grace_minutes": self.grace_minutes,
            "departments_per_page": self.departments_per_page,
        }
