"""The plan of a draw: how many from which stratum, where the seed will come from, and the seed itself.

``draw.json`` holds the plan and, once it is known, the public seed. The plan hash leaves the public seed out: it is
published *before* the seed is known, so that nobody can fit the plan to the seed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NoReturn

from .errors import BadInput, shown
from .labels import check_label
from .places import Place, places

FORMAT = 1
MODES = ("all", "random")
# Keys of the printed result; a stratum of that name could not be told from them.
RESERVED_CODES = ("snapshot_hash", "plan_hash", "seed")
DICE_DIGITS = 20

_SEED_FORM = re.compile(r"[0-9A-Za-z]+(?: [0-9A-Za-z]+)*")
_HASH_FORM = re.compile(r"[0-9a-f]{64}")

Path = tuple["str | int", ...]


class _PlanFault(Exception):
    """A broken rule and the path in the JSON document that breaks it; becomes BadInput where the text is known."""

    def __init__(self, path: Path, error: BadInput) -> None:
        super().__init__(str(error))
        self.path = path
        self.error = error


@dataclass(frozen=True)
class StratumPlan:
    """What is to be drawn from one stratum.

    Attributes:
        code: label of the stratum, as in the registry.
        mode: ``all`` takes everyone, ``random`` draws.
        quota: number to draw (``all``: not used).
        reserve: length of the reserve list.
        max_per_unit: at most so many of one evaluator unit, None = no cap.
        min_per_cell: 1 = at least one seat for each cell where the quota allows it, else 0.
    """

    code: str
    mode: Literal["all", "random"]
    quota: int
    reserve: int
    max_per_unit: int | None
    min_per_cell: int

    def takes_everyone(self, size: int) -> bool:
        """Whether a stratum of ``size`` candidates is taken whole, and therefore without cap."""
        return self.mode == "all" or self.quota >= size

    def seats(self, size: int) -> int:
        """The quota that counts for a stratum of ``size`` candidates: for ``all`` it is the size."""
        return size if self.mode == "all" else self.quota


@dataclass(frozen=True)
class Plan:
    """The whole plan; the rules of draw.json hold for every instance.

    Raises:
        BadInput: a rule is broken; ``column`` names the key.
    """

    seed_source: str
    strata: tuple[StratumPlan, ...]

    def __post_init__(self) -> None:
        try:
            _check_plan(self.as_dict())
        except _PlanFault as fault:
            raise _placed(fault, None, "") from None

    def as_dict(self) -> dict[str, object]:
        """The part of draw.json that is hashed."""
        return {"format": FORMAT, "seed_source": self.seed_source, "strata": [asdict(s) for s in self.strata]}

    @property
    def plan_hash(self) -> str:
        """SHA-256 hex of the plan as UTF-8 JSON with sorted keys and without white space."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @property
    def codes(self) -> tuple[str, ...]:
        """The strata in the order of draw.json."""
        return tuple(s.code for s in self.strata)

    def stratum(self, code: str) -> StratumPlan:
        """The plan of one stratum.

        Raises:
            KeyError: no such stratum.
        """
        for stratum in self.strata:
            if stratum.code == code:
                return stratum
        raise KeyError(code)


def serialise(plan: Plan, public_seed: str | None = None) -> bytes:
    """``draw.json``: UTF-8, one-space indentation; without ``public_seed`` as long as it is not known."""
    document = plan.as_dict()
    if public_seed is not None:
        document = {
            "format": FORMAT,
            "seed_source": plan.seed_source,
            "public_seed": check_public_seed(public_seed),
            "strata": document["strata"],
        }
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8")


def parse_plan(data: bytes, *, file: str = "draw.json", seed_required: bool = True) -> tuple[Plan, str | None]:
    """Plan and public seed out of the bytes of ``draw.json``.

    Args:
        data: the file.
        file: its name, for messages.
        seed_required: False accepts a plan whose public seed is not known yet (None is returned for it).

    Raises:
        BadInput: with file, row (the line in the file) and column (the key).
    """
    text = _decoded(data, file)
    try:
        document = json.loads(text, parse_constant=_no_constant)
        where = places(text)
    except json.JSONDecodeError as error:
        fault = BadInput("not_json", f"no JSON: {error.msg}")
        raise fault.at(file=file, row=error.lineno, column=str(error.colno)) from None
    except BadInput as error:
        raise error.at(file=file, row=1) from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, brackets thousands deep
        raise BadInput("not_json", f"no usable JSON: {error}", file=file, row=1) from None
    try:
        _check_plan(document, with_seed=True, seed_required=seed_required)
    except _PlanFault as fault:
        raise _placed(fault, where, file) from None
    plan = Plan(document["seed_source"], tuple(StratumPlan(**stratum) for stratum in document["strata"]))
    return plan, document.get("public_seed")


def check_public_seed(text: str) -> str:
    """The public seed itself, if it is ASCII letters and digits in groups separated by single spaces.

    The form only. Whether it is long enough to be unforeseeable depends on its source: see `public_seed_remark`.

    Raises:
        BadInput: ``bad_public_seed``.
    """
    if not isinstance(text, str):
        raise BadInput("bad_public_seed", f"must be a text, not {shown(text)}", column="public_seed", value=text)
    if not text.strip():
        raise BadInput("bad_public_seed", "is empty: enter what the announced source gave", column="public_seed")
    if _SEED_FORM.fullmatch(text) is None:
        raise BadInput(
            "bad_public_seed",
            f"{shown(text)} is not of the form: ASCII digits and letters in groups separated by single spaces, "
            "nothing before or after",
            column="public_seed",
            value=text,
        )
    return text


def public_seed_remark(text: str) -> str | None:
    """The code ``few_digits`` where a seed from dice would be too short (below 20 decimal digits), else None.

    A national lottery result may be shorter, so this is a remark for the person who enters it, never an error.
    """
    return "few_digits" if sum(character in "0123456789" for character in text) < DICE_DIGITS else None


def seed(snapshot_hash: str, plan_hash: str, public_seed: str) -> str:
    """SHA-256 hex of ``snapshot_hash``, newline, ``plan_hash``, newline, ``public_seed``.

    Raises:
        BadInput: a hash that is not 64 lower-case hex digits, or a public seed of another form.
    """
    for name, value in (("snapshot_hash", snapshot_hash), ("plan_hash", plan_hash)):
        if _HASH_FORM.fullmatch(value) is None:
            raise BadInput("bad_hash", f"{shown(value)} is not a SHA-256 in lower-case hex", column=name, value=value)
    check_public_seed(public_seed)
    return hashlib.sha256(f"{snapshot_hash}\n{plan_hash}\n{public_seed}".encode()).hexdigest()


def _decoded(data: bytes, file: str) -> str:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        reason = "begins with a byte order mark; save it as UTF-8 without one"
        raise BadInput("bom", reason, file=file, row=1, column="1")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise BadInput("not_utf8", "is not UTF-8", file=file, row=row, column=str(column)) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _placed(fault: _PlanFault, where: Place | None, file: str) -> BadInput:
    """The fault as an error with line and key; a stratum is named too, since its keys repeat."""
    column = next((step for step in reversed(fault.path) if isinstance(step, str)), "")
    error = fault.error
    if len(fault.path) > 1 and isinstance(fault.path[1], int):
        error.params["stratum_number"] = fault.path[1] + 1
        error.reason = f"stratum {fault.path[1] + 1}: {error.reason}"
    return error.at(file=file, row=where.line_of(fault.path) if where else None, column=column)


def _refuse(path: Path, code: str, reason: str, **params: Any) -> NoReturn:
    raise _PlanFault(path, BadInput(code, reason, **params))


def _object(value: object, path: Path, needed: Sequence[str], allowed: Sequence[str] = ()) -> Mapping[str, Any]:
    """The value, if it is an object with all the needed keys and none but these and the allowed ones."""
    if not isinstance(value, Mapping):
        _refuse(path, "not_an_object", f"must be an object, not {shown(value)}", value=value)
    for key in value:
        if key not in needed and key not in allowed:
            _refuse((*path, key), "unknown_key", f"unknown key {shown(key)}", key=key)
    for key in needed:
        if key not in value:
            _refuse((*path, key), "missing_key", f"the key {key} is missing", key=key)
    return value


def _check_plan(value: object, *, with_seed: bool = False, seed_required: bool = False) -> None:
    """Raises _PlanFault at the first rule of draw.json that ``value`` breaks."""
    needed = ["format", "seed_source", "strata"] + (["public_seed"] if seed_required else [])
    document = _object(value, (), needed, ["public_seed"] if with_seed else [])
    if type(document["format"]) is not int or document["format"] != FORMAT:
        _refuse(("format",), "unknown_format", f"must be {FORMAT}, not {shown(document['format'])}")
    source = document["seed_source"]
    if not isinstance(source, str) or not source.strip():
        _refuse(("seed_source",), "bad_seed_source", f"must say what gives the seed and when, not {shown(source)}")
    if any("\ud800" <= character <= "\udfff" for character in source):
        _refuse(("seed_source",), "bad_seed_source", f"{shown(source)} holds half a character")
    if "public_seed" in document:
        try:
            check_public_seed(document["public_seed"])
        except BadInput as error:
            raise _PlanFault(("public_seed",), error) from None
    if not isinstance(document["strata"], Sequence) or isinstance(document["strata"], str):
        _refuse(("strata",), "not_a_list", f"must be a list, not {shown(document['strata'])}")
    seen: set[str] = set()
    for number, stratum in enumerate(document["strata"]):
        _check_stratum(stratum, ("strata", number))
        if stratum["code"] in seen:
            path = ("strata", number, "code")
            _refuse(path, "duplicate_stratum", f"{shown(stratum['code'])} is there twice", value=stratum["code"])
        seen.add(stratum["code"])


def _check_stratum(value: object, path: Path) -> None:
    stratum = _object(value, path, [f.name for f in fields(StratumPlan)])
    code = stratum["code"]
    if not isinstance(code, str) or not code:
        reason = f"must be a label that is not empty, not {shown(code)}"
        _refuse((*path, "code"), "bad_stratum_code", reason, value=code)
    try:
        check_label(code)
    except BadInput as error:
        raise _PlanFault((*path, "code"), error) from None
    if code in RESERVED_CODES:
        _refuse((*path, "code"), "reserved_code", f"{code} has a meaning of its own in the result", value=code)
    if stratum["mode"] not in MODES:
        _refuse((*path, "mode"), "unknown_mode", f"must be all or random, not {shown(stratum['mode'])}")
    for key in ("quota", "reserve"):
        _check_whole(stratum[key], (*path, key), least=0)
    if stratum["max_per_unit"] is not None:
        _check_whole(stratum["max_per_unit"], (*path, "max_per_unit"), least=1)
    _check_whole(stratum["min_per_cell"], (*path, "min_per_cell"), least=0, most=1)


def _check_whole(value: object, path: Path, *, least: int, most: int | None = None) -> None:
    # `type` and not `isinstance`: true is no number here.
    if type(value) is not int or value < least or (most is not None and value > most):
        limits = f"{least} or more" if most is None else f"{least} or {most}"
        _refuse(path, "bad_number", f"must be a whole number, {limits}, not {shown(value)}", value=value, least=least)
