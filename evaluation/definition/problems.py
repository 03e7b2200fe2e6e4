"""What is missing or contradictory in a round's configuration, as data that a page can translate and point at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

#: The sections of the configuration form, in the order of the form.
SECTIONS = ("scale", "criteria", "strata", "weights", "comparison", "composite", "outcomes", "ballot")


def gettext_noop(message: str) -> str:
    """Mark `message` for the translators and return it unchanged (this package knows no Django)."""
    return message


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    `code` is stable; `section` is one of `SECTIONS`; `where` is the path of the value in `to_dict()`, such as
    `groups.0.weights.npc` ("" = the section as a whole); `message` is an English msgid with %-placeholders that
    `params` fills, so that a page shows `gettext(problem.message) % problem.params`.
    """

    code: str
    section: str
    where: str
    message: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The message in English, filled in."""
        return self.message % self.params

    def __str__(self) -> str:
        return self.text


class DefinitionError(ValueError):
    """A definition that cannot be used. `where` is the path inside the JSON (`groups.0.weights`), "" = all of it."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where
        self.message = message


def refuse(problems: Iterable[Problem]) -> None:
    """Raise `DefinitionError` for the first of `problems`, if there is one."""
    for problem in problems:
        raise DefinitionError(problem.where, problem.text)
