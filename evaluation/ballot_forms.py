"""What the ballot's pages post. Lean on purpose: a page has dozens of radio buttons, and everything is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.ballot_sheet import Sheet, SheetDepartment, SheetPage
from evaluation.envelopes import OPINION_CHARACTERS
from evaluation.services.drafts import Draft
from evaluation.wording import label_of

_TIME_SALT = "evaluation.ballot.opened"


class CodeForm(forms.Form):
    """Typing a code from the letter."""

    code = forms.CharField(
        label=gettext_lazy("Ballot code"),
        max_length=100,
        error_messages={"max_length": gettext_lazy("This is too long for a ballot code. Type only the code.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "input input-code",
            }
        ),
    )


class ReceiptForm(forms.Form):
    """Typing a receipt."""

    receipt = forms.CharField(
        label=gettext_lazy("Receipt"),
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "input input-code",
            }
        ),
    )


def sign_time(opened: datetime, code_hash: bytes) -> str:
    """The moment at which a form was opened, for its hidden field; signed for this code, never stored."""
    return signing.dumps([int(opened.timestamp()), code_hash[:8].hex()], salt=_TIME_SALT)


def read_time(value: str, code_hash: bytes) -> datetime | None:
    """The moment a form was opened; None if the field is not this server's for this code."""
    try:
        seconds, owner = signing.loads(value, salt=_TIME_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return datetime.fromtimestamp(seconds, UTC) if owner == code_hash[:8].hex() else None


@dataclass(frozen=True)
class ChoiceField:
    """One radio button."""

    value: int
    label: str
    checked: bool


@dataclass(frozen=True)
class ItemField:
    """The radio buttons of one criterion."""

    name: str
    label: str
    choices: tuple[ChoiceField, ...]


@dataclass(frozen=True)
class DepartmentField:
    """One department on a page: its criteria and its opinion box."""

    number: int
    name: str
    items: tuple[ItemField, ...]
    opinion_name: str
    opinion: str = field(repr=False)
    error: str = ""


_HALF_WIDTH = 11


def _units(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text)


class BadBallotPostError(ValueError):
    """The post has choices that no form of ours offers."""


def opinion_text(value: str) -> str:
    """An opinion as it is kept: line ends as LF, no characters that cannot be seen, trimmed."""
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(character for character in text if character >= " " or character in "\n\t").strip()


class PageForm:
    """The fields of one page, from a draft, or from what was posted (then `answers`, `opinions` and `errors`)."""

    def __init__(self, sheet: Sheet, page: SheetPage, names: Mapping[str, str], draft: Draft) -> None:
        self.sheet, self.page, self.names, self.draft = sheet, page, names, draft
        self.answers: dict[int, int] = {}
        self.opinions: dict[str, str] = {}
        self.errors: dict[str, str] = {}

    def read(self, data: QueryDict) -> None:
        """Take the whole page's state: a radio group without a choice is blank, a missing text stays as it was.

        Raises BadBallotPostError.
        """
        width, choices = len(self.sheet.rules.definition.items), len(self.sheet.rules.definition.choices)
        for entry in self.page.departments:
            for position in range(entry.number * width, (entry.number + 1) * width):
                value = data.get(f"a{position}", "")
                if value and not (value.isascii() and value.isdigit() and len(value) < 4 and int(value) <= choices):
                    raise BadBallotPostError("no such choice")
                self.answers[position] = int(value or 0)
            name = f"o{entry.number}"
            if name in data:
                self._read_opinion(entry, str(data[name]))

    def _read_opinion(self, entry: SheetDepartment, value: str) -> None:
        text = opinion_text(value)
        self.opinions[entry.code] = text
        if len(text) > OPINION_CHARACTERS:
            self.errors[entry.code] = _("An opinion can have %(most)s characters; this one has %(count)s.") % {
                "most": OPINION_CHARACTERS,
                "count": len(text),
            }

    @property
    def short_enough(self) -> dict[str, str]:
        """The opinions without those that are too long."""
        return {code: text for code, text in self.opinions.items() if code not in self.errors}

    @property
    def one_column(self) -> bool:
        """True if a choice is too long for half a phone's width (in units of a Latin letter; Chinese ones are two)."""
        labels = [label_of(choice) for choice in self.sheet.rules.configuration.scale]
        return any(
            _units(label) > _HALF_WIDTH * 2 or max(map(_units, label.split()), default=0) > _HALF_WIDTH
            for label in labels
        )

    @property
    def departments(self) -> list[DepartmentField]:
        """The fields for the template, with what was posted before what the draft has."""
        items, scale = self.sheet.rules.configuration.items, self.sheet.rules.configuration.scale
        labels = [label_of(choice) for choice in scale]
        item_labels = [label_of(item) for item in items]
        fields = []
        for entry in self.page.departments:
            groups = []
            for at, label in enumerate(item_labels):
                position = entry.number * len(items) + at
                chosen = self.answers.get(position, self.draft.answers[position])
                options = tuple(ChoiceField(value, text, value == chosen) for value, text in enumerate(labels, start=1))
                groups.append(ItemField(f"a{position}", label, options))
            fields.append(
                DepartmentField(
                    number=entry.number,
                    name=self.names.get(entry.code, entry.code),
                    items=tuple(groups),
                    opinion_name=f"o{entry.number}",
                    opinion=self.opinions.get(entry.code, self.draft.opinions.get(entry.code, "")),
                    error=self.errors.get(entry.code, ""),
                )
            )
        return fields


class InvitationSearchForm(forms.Form):
    """Finding an invitation by the name or code of its evaluator or unit."""

    q = forms.CharField(label=gettext_lazy("Name or code of an evaluator or unit"), max_length=100, required=False)


class CodeReasonForm(forms.Form):
    """Why a code is ended or replaced."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For the audit log; without anything about how somebody voted."),
    )


class UnitSearchForm(forms.Form):
    """Finding a unit."""

    q = forms.CharField(label=gettext_lazy("Name or code of a unit"), max_length=100, required=False)


class CloseForm(forms.Form):
    """Why a round is closed by hand."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
