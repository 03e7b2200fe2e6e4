"""The configuration at a glance: each page with what is wrong on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from evaluation.models import Round
from evaluation.sections import PAGES, SECTION_PAGES, SectionPage, page_of
from evaluation.selectors import configuration_of
from evaluation.services import guards
from evaluation.states import RoundState
from evaluation.wording import translated


@dataclass(frozen=True)
class SectionState:
    """One page of the configuration with what is missing and what deserves a second look, in the reader's language."""

    page: SectionPage
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def section_overview(round: Round) -> list[SectionState]:
    """All pages in order. Problems are those that freezing would refuse; past the draft there are none."""
    states = {page.key: SectionState(page) for page in SECTION_PAGES}
    if round.state == RoundState.DRAFT:
        for missing in guards.missing(round, "freeze"):
            if missing.url_name == "evaluation:section-edit" and missing.url_args[1] in PAGES:
                states[missing.url_args[1]].problems.append(f"{missing.message} {missing.remedy}".strip())
        for problem in configuration_of(round).warnings():
            states[page_of(problem).key].warnings.append(translated(problem))
    return list(states.values())
