"""What can be wrong with a round's rules. Each function yields the problems of one section.

The first half serves both the round's configuration and a bundle's `round.json`; the second half only the
configuration (draw, ballot, privacy). Nothing raises; an unfinished draft simply has problems.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from . import parts
from .outcomes import OutcomeRules
from .parts import Choice, Composite, GroupWeights, Item, StratumPlan, YearOverYear
from .problems import Problem
from .problems import gettext_noop as _
from .values import exact_sum, plain

if TYPE_CHECKING:
    from .configuration import RoundConfiguration

#: What a code may hold: it becomes a column name, a JSON key and part of file names. No separators, no controls.
_CODE = re.compile(r"[^\s\x00-\x1f\x7f,;:\"'/\\<>|]{1,64}")
#: Decimals a bundle may ask for, and those a round's figures are stored and published with.
MAX_DECIMALS = 12
MAX_PUBLISHED_DECIMALS = 6


def code_problems(codes: Sequence[str], section: str, path: str) -> Iterator[Problem]:
    """Codes missing or used twice within one list."""
    counted = Counter(codes)
    seen: set[str] = set()
    for position, code in enumerate(codes):
        where = f"{path}.{position}.code"
        if not code or code != code.strip():
            yield Problem("code_missing", section, where, _("Row %(row)s has no code."), {"row": position + 1})
        elif counted[code] > 1 and code in seen:
            yield Problem("code_twice", section, where, _("The code “%(code)s” is used twice."), {"code": code})
        seen.add(code)


def malformed_code_problems(codes: Sequence[str], section: str, path: str) -> Iterator[Problem]:
    """Codes that would not survive as column name, key and file name (bundles made elsewhere may have them)."""
    for position, code in enumerate(codes):
        if code and not _CODE.fullmatch(code):
            message = _("The code “%(code)s” may hold no spaces or separators and at most 64 characters.")
            yield Problem("code_malformed", section, f"{path}.{position}.code", message, {"code": code[:64]})


def scale_problems(scale: Sequence[Choice]) -> Iterator[Problem]:
    """The steps of the scale: codes, values 0–100, what each counts as, at most 20 of them."""
    if not scale:
        yield Problem("scale_empty", "scale", "scale", _("The scale has no choices."))
    if len(scale) > parts.MAX_CHOICES:
        message = _("The scale has %(count)s choices; at most %(most)s are possible.")
        yield Problem("scale_long", "scale", "scale", message, {"count": len(scale), "most": parts.MAX_CHOICES})
    yield from code_problems([choice.code for choice in scale], "scale", "scale")
    for position, choice in enumerate(scale):
        params = {"choice": choice.label or choice.code}
        if choice.counts not in parts.COUNTS:
            message = _("Say what “%(choice)s” counts as: satisfied, neutral, dissatisfied or no opinion.")
            yield Problem("counts_unknown", "scale", f"scale.{position}.counts", message, params)
        elif choice.is_valid and (choice.value is None or not 0 <= choice.value <= 100):
            message = _("The value of “%(choice)s” must be a number from 0 to 100.")
            yield Problem("value_range", "scale", f"scale.{position}.value", message, params)


def item_problems(items: Sequence[Item]) -> Iterator[Problem]:
    """The criteria: codes, weights above 0 that add up to 100."""
    if not items:
        yield Problem("items_empty", "criteria", "items", _("There is no criterion to rate."))
        return
    yield from code_problems([item.code for item in items], "criteria", "items")
    complete = True
    for position, item in enumerate(items):
        if item.weight is None or item.weight <= 0:
            complete = False
            message = _("The weight of criterion “%(item)s” must be a number above 0.")
            where = f"items.{position}.weight"
            yield Problem("item_weight", "criteria", where, message, {"item": item.label or item.code})
    total = exact_sum(item.weight for item in items)
    if complete and total != 100:
        message = _("The weights of the criteria add up to %(total)s, not to 100.")
        yield Problem("items_total", "criteria", "items", message, {"total": plain(total)})


def group_problems(groups: Sequence[GroupWeights], strata: Sequence[str]) -> Iterator[Problem]:
    """The weights of the strata, group by group: known strata, none below 0, together 100."""
    if not groups:
        yield Problem("groups_empty", "weights", "groups", _("There is no department group."))
    yield from code_problems([group.code for group in groups], "weights", "groups")
    for position, group in enumerate(groups):
        where = f"groups.{position}.weights"
        label = group.label or group.code
        for stratum, weight in group.weights.items():
            if stratum not in strata:
                message = _("Group %(group)s weighs a stratum that does not exist: %(stratum)s.")
                params = {"group": label, "stratum": stratum}
                yield Problem("stratum_unknown", "weights", f"{where}.{stratum}", message, params)
            if weight < 0:
                message = _("The weight of stratum %(stratum)s in group %(group)s is below 0.")
                params = {"group": label, "stratum": stratum}
                yield Problem("weight_negative", "weights", f"{where}.{stratum}", message, params)
        if group.total != 100:
            message = _("The weights of group %(group)s add up to %(total)s, not to 100.")
            params = {"group": label, "total": plain(group.total)}
            yield Problem("weights_total", "weights", where, message, params)


def comparison_problems(rule: YearOverYear) -> Iterator[Problem]:
    """The comparison with last year: method, factors, caps, bands."""
    if rule.method not in parts.METHODS:
        message = _("Unknown method of comparison: %(method)s.")
        yield Problem("method_unknown", "comparison", "year_over_year.method", message, {"method": rule.method[:40]})
    if rule.method in ("linear", "headroom"):
        for name, factor in (("satisfied", rule.satisfied), ("dissatisfied", rule.dissatisfied)):
            if factor is None or factor < 0:
                message = _("The factor of the comparison must be a number of 0 or more.")
                yield Problem("factor", "comparison", f"year_over_year.{name}", message)
    for name, cap in (("cap_satisfied", rule.cap_satisfied), ("cap_dissatisfied", rule.cap_dissatisfied)):
        if cap is not None and cap < 0:
            message = _("A cap must be a number of 0 or more, or empty for none.")
            yield Problem("cap", "comparison", f"year_over_year.{name}", message)
    if rule.method == "banded" and not (rule.bands_satisfied or rule.bands_dissatisfied):
        message = _("The banded method needs at least one row of bands.")
        yield Problem("bands_empty", "comparison", "year_over_year.bands_satisfied", message)
    for name, bands in (
        ("bands_satisfied", rule.bands_satisfied),
        ("bands_dissatisfied", rule.bands_dissatisfied),
    ):
        where = f"year_over_year.{name}"
        if any(band.start is None or band.points is None for band in bands):
            yield Problem("band", "comparison", where, _("Every band needs a lower end and its points."))
        starts = [band.start for band in bands if band.start is not None]
        if len(set(starts)) != len(starts):
            yield Problem("bands_twice", "comparison", where, _("Two bands begin at the same change."))


def composite_problems(
    composite: Composite,
    decimals: int,
    tie_break: Sequence[str],
    rank_scope: str,
    most_decimals: int = MAX_DECIMALS,
) -> Iterator[Problem]:
    """The shares of the comprehensive score, the decimals, what breaks ties, the scope of movement."""
    shares = (composite.public, composite.assessment)
    if any(share is None or not 0 <= share <= 100 for share in shares):
        message = _("The shares of public evaluation and assessment must be numbers from 0 to 100.")
        yield Problem("share", "composite", "composite", message)
    else:
        total = exact_sum(shares)
        if total != 100:
            message = _("The shares of public evaluation and assessment add up to %(total)s, not to 100.")
            yield Problem("shares_total", "composite", "composite", message, {"total": plain(total)})
    if not 0 <= decimals <= most_decimals:
        message = _("Figures can have 0 to %(most)s decimals.")
        yield Problem("decimals", "composite", "decimals", message, {"most": most_decimals})
    if len(set(tie_break)) != len(tie_break) or any(key not in parts.TIE_BREAKS for key in tie_break):
        message = _("Ties are broken by satisfaction and dissatisfaction, each at most once.")
        yield Problem("tie_break", "composite", "tie_break", message)
    if rank_scope not in parts.RANK_SCOPES:
        message = _("Movement is counted in the group or overall.")
        yield Problem("rank_scope", "composite", "rank_scope", message)


def outcome_problems(rules: OutcomeRules) -> Iterator[Problem]:
    """Thresholds out of range."""
    for name in ("key_help", "advanced", "people_satisfied", "most_improved"):
        rule = getattr(rules, name)
        if rule is None:
            continue
        for key in rule.__slots__:
            value = getattr(rule, key)
            where = f"outcomes.{name}.{key}"
            if isinstance(value, Decimal) and not 0 <= value <= 100:
                message = _("The threshold must be a number from 0 to 100.")
                yield Problem("threshold_range", "outcomes", where, message)
            if isinstance(value, int) and value < (1 if key.startswith("places") else 0):
                yield Problem("threshold_low", "outcomes", where, _("The threshold is too small."))


def min_valid_problems(min_valid: int) -> Iterator[Problem]:
    """The fewest valid ballots with which a stratum reports."""
    if min_valid < 1:
        message = _("At least one valid ballot is needed for a stratum to report.")
        yield Problem("min_valid", "weights", "min_valid", message)


def usable_scale_problems(scale: Sequence[Choice]) -> Iterator[Problem]:
    """A scale on which nobody can say yes or no is no scale for a vote."""
    counts = {choice.counts for choice in scale}
    if scale and parts.SATISFIED not in counts:
        yield Problem("no_satisfied", "scale", "scale", _("No choice counts as satisfied."))
    if scale and parts.DISSATISFIED not in counts:
        yield Problem("no_dissatisfied", "scale", "scale", _("No choice counts as dissatisfied."))


def strata_problems(configuration: "RoundConfiguration") -> Iterator[Problem]:
    """The plan of the draw: quotas, caps, cells, recusal."""
    strata = configuration.strata
    if not strata:
        yield Problem("strata_empty", "strata", "strata", _("There is no stratum to draw from."))
    yield from code_problems([stratum.code for stratum in strata], "strata", "strata")
    for position, plan in enumerate(strata):
        params = {"stratum": plan.label or plan.code}
        for key, wrong, message in _plan_checks(plan):
            if wrong:
                yield Problem(key, "strata", f"strata.{position}.{key}", message, params)


def _plan_checks(plan: StratumPlan) -> Iterator[tuple[str, bool, str]]:
    """(field, whether it is wrong, what to say) of one stratum's plan."""
    yield "mode", plan.mode not in parts.MODES, _("Stratum %(stratum)s: draw at random or take all.")
    yield "quota", plan.mode == "random" and plan.quota < 1, _("Stratum %(stratum)s has no quota.")
    yield "reserve", plan.reserve < 0, _("Stratum %(stratum)s: the number of reserves is below 0.")
    yield "drawn_by", plan.drawn_by not in parts.DRAWN_BY, _("Stratum %(stratum)s: draw persons or units.")
    message = _("Stratum %(stratum)s: a unit needs at least one ballot.")
    yield "ballots_per_unit", plan.ballots_per_unit < 1, message
    message = _("Stratum %(stratum)s: the cap per unit must be 1 or more, or empty.")
    yield "max_per_unit", plan.max_per_unit is not None and plan.max_per_unit < 1, message
    message = _("Stratum %(stratum)s: the seats per cell are 0 or 1.")
    yield "min_per_cell", plan.min_per_cell not in (0, 1), message
    message = _("Stratum %(stratum)s: the design effect must be above 0.")
    yield "design_effect", plan.design_effect is None or plan.design_effect <= 0, message
    message = _("Stratum %(stratum)s: cells are made of district and industry.")
    repeated = len(set(plan.cell_by)) != len(plan.cell_by)
    yield "cell_by", repeated or not set(plan.cell_by) <= set(parts.CELL_KEYS), message
    message = _("Stratum %(stratum)s: the rounds of rest are below 0.")
    yield "rotation_rounds", plan.rotation_rounds < 0, message
    yield "recusal", plan.recusal not in parts.RECUSALS, _("Stratum %(stratum)s: unknown kind of recusal.")


def weight_class_problems(configuration: "RoundConfiguration") -> Iterator[Problem]:
    """The classes of evaluators: weights above 0, codes once, exactly one default; and the smallest cell shown."""
    classes = configuration.weight_classes
    codes = [entry.code for entry in classes]
    if len(set(codes)) != len(codes):
        yield Problem("class_twice", "weights", "weight_classes", _("Two weight classes have the same code."))
    yield from malformed_code_problems(codes, "weights", "weight_classes")
    for position, entry in enumerate(classes):
        if entry.weight is None or entry.weight <= 0:
            message = _("The weight of class “%(name)s” must be a number above 0.")
            where = f"weight_classes.{position}.weight"
            yield Problem("class_weight", "weights", where, message, {"name": entry.label or entry.code})
    if sum(entry.default for entry in classes) != 1:
        message = _("Exactly one weight class must be the default.")
        yield Problem("class_default", "weights", "weight_classes", message)
    if configuration.min_cell < 1:
        yield Problem("min_cell", "weights", "min_cell", _("The smallest cell shown must be 1 or more."))


def ballot_problems(configuration: "RoundConfiguration") -> Iterator[Problem]:
    """The rules of the ballot page."""
    rules = configuration.ballot
    if not 0 <= rules.grace_minutes <= 24 * 60:
        message = _("The grace period must be between 0 and 1440 minutes.")
        yield Problem("grace_minutes", "ballot", "ballot.grace_minutes", message)
    if not 1 <= rules.departments_per_page <= 100:
        message = _("Between 1 and 100 departments fit on one screen.")
        yield Problem("departments_per_page", "ballot", "ballot.departments_per_page", message)


def warnings(configuration: "RoundConfiguration") -> Iterator[Problem]:
    """What is allowed but deserves a second look."""
    if configuration.min_valid < configuration.min_cell:
        message = _(
            "Strata report from %(valid)s valid ballots on, but cells are shown from %(cell)s on: small cells enter "
            "the score and the public bundle cannot hide them."
        )
        params: dict[str, str | int] = {"valid": configuration.min_valid, "cell": configuration.min_cell}
        yield Problem("min_valid_below_min_cell", "weights", "min_valid", message, params)
    if configuration.scale and not any(choice.counts == parts.ABSTAIN for choice in configuration.scale):
        message = _("The scale has no “don't know”: whoever does not know a department must leave it blank.")
        yield Problem("no_abstain", "scale", "scale", message)
    for position, plan in enumerate(configuration.strata):
        if configuration.groups and not any(group.weight(plan.code) > 0 for group in configuration.groups):
            message = _("Stratum %(stratum)s judges no group: its weight is 0 everywhere.")
            params = {"stratum": plan.label or plan.code}
            yield Problem("stratum_unused", "weights", f"strata.{position}", message, params)
        if plan.drawn_by == "unit" and plan.design_effect == 1:
            message = _(
                "Stratum %(stratum)s is drawn by unit; with a design effect of 1 its margin of error is too small."
            )
            params = {"stratum": plan.label or plan.code}
            yield Problem("design_effect_one", "strata", f"strata.{position}.design_effect", message, params)
        if plan.mode == "random" and 0 < plan.quota < configuration.min_valid:
            message = _("Stratum %(stratum)s: the quota is below the valid ballots needed to report.")
            params = {"stratum": plan.label or plan.code}
            yield Problem("quota_below_min_valid", "strata", f"strata.{position}.quota", message, params)
    if configuration.composite.assessment == 0:
        message = _("The assessment has no share in the comprehensive score.")
        yield Problem("assessment_unused", "composite", "composite.assessment", message)
