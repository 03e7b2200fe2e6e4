"""What packets and letters say: words and codes for ``templates/documents/packets.typ`` and ``letters.typ``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.debug import sensitive_variables

from evaluation.ballot_code import BallotCode
from evaluation.models import Invitation, Round
from foundation.documents import qr_svg
from foundation.formats import moment


@dataclass(frozen=True)
class Coded:
    """An invitation with the code that its letter carries."""

    invitation: Invitation
    code: BallotCode = field(repr=False)


@sensitive_variables()
def packets(round: Round, coded: Sequence[Coded], base_url: str) -> dict[str, Any]:
    """One packet for each unit: cover letter, slips with codes, list of signatures. ``coded`` is grouped by unit.

    The list of signatures has numbers from 1 and no code; the slips have codes and no number.
    """
    sheaves = [list(group) for _unit, group in groupby(coded, key=lambda one: one.invitation.unit_id)]
    return {
        "footer": _("Confidential: only for the contact person of the unit"),
        "packets": [_packet(round, sheaf, base_url) for sheaf in sheaves],
        "slip": {
            "title": round.title,
            "lead": _("Please judge the departments with this code. It can be used once and is nobody's by name."),
            "facts": _facts(round),
            "alt": _("QR code with the link to the ballot"),
            "scan": _("Scan to begin"),
            "typing": _("Or open %(address)s and type:")
            % {"address": base_url.rstrip("/") + reverse("ballot:code-entry")},
        },
        "sheet": {
            "title": _("List of signatures"),
            "lead": _(
                "Whoever takes a slip signs on the next line. The numbers count signatures: they stand on no slip, "
                "and nobody can tell from them who had which code. Keep this list in the unit; do not send it in."
            ),
            "head": [_("No."), pgettext("person", "Name"), _("Signature"), _("Date")],
            "closing": [
                _("Slips taken"),
                _("Slips left over, unopened"),
                _("Slips spoiled"),
                _("Contact person"),
                _("Witness"),
            ],
        },
    }


def _packet(round: Round, sheaf: list[Coded], base_url: str) -> dict[str, Any]:
    invitation = sheaf[0].invitation
    unit, count = invitation.unit, len(sheaf)
    assert unit is not None  # noqa: S101 -- a packet is a unit's
    contact = unit.contact_name or _("Contact person of the evaluation")
    deadline = moment(round.closes_at) if round.closes_at else "—"
    return {
        "title": _("To the contact person of %(unit)s") % {"unit": unit.name},
        "to": [unit.name, contact, unit.district],
        "greeting": _("Dear %(name)s,") % {"name": contact},
        "letter": [
            _("Your unit was drawn by lot to take part in: %(title)s.") % {"title": round.title},
            ngettext(
                "This packet holds %(count)s ballot slip. Please hand it out so that the ballot can be submitted by "
                "%(time)s.",
                "This packet holds %(count)s ballot slips. Please hand them out so that the ballots can be submitted "
                "by %(time)s.",
                count,
            )
            % {"count": count, "time": deadline},
        ],
        "how": _("How to hand them out"),
        "steps": [
            _("Together with a second person cut the slips apart, put each into a plain envelope, close and mix them."),
            _("Let lots decide who takes part, among people of every level; choose nobody for what they may think."),
            _("Let everybody draw an envelope themselves and sign the list of signatures, which carries no codes."),
            _("Ask nobody how they judge, and do not stand by while they do."),
        ],
        "secret": _("What is confidential"),
        "rules": [
            _("A slip is a vote. Do not open, copy or photograph slips, and write neither numbers nor names on them."),
            _("That the unit was drawn is told to nobody outside it before the round is closed."),
            _("A spoiled slip goes back to the office in a closed envelope; it is ended there, and a new one sent."),
            _("Slips that nobody took go back unopened."),
        ],
        "count": count,
        "slips": [_code(one, base_url) for one in sheaf],
    }


@sensitive_variables()
def letters(round: Round, coded: Sequence[Coded], base_url: str) -> dict[str, Any]:
    """One letter for each person, with the code."""
    return {
        "footer": round.title,
        "subject": round.title,
        "paragraphs": [
            _("You were drawn by lot from the register of evaluators, to judge the work of the departments."),
            _("It takes about ten minutes, on a phone or a computer. You can stop and go on later with the same code."),
            _(
                "Your ballot is anonymous: it is sealed when you submit it and taken from its envelope only after "
                "closing, so that nobody can learn how you judged."
            ),
            _(
                "Please pass this letter on to nobody. Whoever asks for the code or tells you how to judge breaks "
                "the rules."
            ),
        ],
        "facts": _facts(round),
        "alt": _("QR code with the link to the ballot"),
        "scan": _("Scan to begin"),
        "typing": _typing(base_url),
        "letters": [
            {
                "to": [line for line in _address(one.invitation) if line],
                "greeting": _("Dear %(name)s,")
                % {"name": one.invitation.evaluator.name if one.invitation.evaluator else ""},
                **_code(one, base_url),
            }
            for one in coded
        ],
    }


def _address(invitation: Invitation) -> list[str]:
    return [
        invitation.district,
        invitation.unit.name if invitation.unit else "",
        invitation.evaluator.name if invitation.evaluator else "",
    ]


def _typing(base_url: str) -> str:
    return _("Or open %(address)s and type:") % {"address": base_url.rstrip("/") + reverse("ballot:code-entry")}


def _facts(round: Round) -> list[str]:
    deadline = moment(round.closes_at) if round.closes_at else "—"
    return [
        _("Submit by %(time)s") % {"time": deadline},
        _("Anonymous: nobody can learn how you judged"),
    ]


@sensitive_variables()
def _code(one: Coded, base_url: str) -> dict[str, str]:
    link = base_url.rstrip("/") + reverse("ballot:code-link", args=[one.code.reveal()])
    return {"svg": qr_svg(link), "code": one.code.reveal_grouped()}
