"""The pages that a round's configuration is edited on, in their order, and which page a problem belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluation.definition import Problem


@dataclass(frozen=True)
class SectionPage:
    """One page. ``keys``: what of the configuration it edits (top-level keys of ``to_dict()``)."""

    key: str
    title: str | Promise
    lead: str | Promise
    keys: tuple[str, ...]


SECTION_PAGES: tuple[SectionPage, ...] = (
    SectionPage("basics", _("Basics"), _("Title, theme and dates."), ("ballot",)),
    SectionPage("scale", _("Scale"), _("What can be answered, what it is worth and what it counts as."), ("scale",)),
    SectionPage("criteria", _("Criteria"), _("What is rated, and how much each criterion weighs."), ("items",)),
    SectionPage(
        "strata",
        _("Strata and quotas"),
        _("How many are drawn from each stratum of the register, and how."),
        ("strata", "groups"),  # a stratum that is left out takes its weights along
    ),
    SectionPage(
        "weights", _("Weights of the strata"), _("How much each stratum weighs in each department group."), ("groups",)
    ),
    SectionPage(
        "classes",
        _("Weight classes"),
        _("Evaluators of one stratum may weigh differently; everybody else has the default class."),
        ("weight_classes", "merge_small_classes"),
    ),
    SectionPage(
        "comparison", _("Year over year"), _("Points for doing better or worse than last year."), ("year_over_year",)
    ),
    SectionPage(
        "composite",
        _("Comprehensive score"),
        _("Shares of public evaluation and assessment, decimals, ties."),
        ("composite", "decimals", "tie_break", "rank_scope"),
    ),
    SectionPage("outcomes", _("Outcomes"), _("When a department is proposed for honour or help."), ("outcomes",)),
    SectionPage(
        "ballot", _("Ballot rules"), _("When a stratum reports, what stays hidden, how the ballot behaves."),
        ("ballot", "min_valid", "min_cell"),
    ),
)  # fmt: skip
PAGES: dict[str, SectionPage] = {page.key: page for page in SECTION_PAGES}

# Where a problem's value is edited, by the beginning of its path, where that is not the page of its section.
_BY_PATH = (
    ("weight_classes", "classes"),
    ("min_valid", "ballot"),
    ("min_cell", "ballot"),
    ("ballot.grace_minutes", "basics"),
)


def page_of(problem: Problem) -> SectionPage:
    """The page on which a problem can be mended."""
    for path, key in _BY_PATH:
        if problem.where.startswith(path):
            return PAGES[key]
    return PAGES[problem.section]
