"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from evaluation.states import VERBS
from foundation.audit import register_labels

register_labels(
    {
        **{f"round.{verb.name}": verb.label for verb in VERBS.values()},
        "box.open": _("Box opened, ballots counted"),
        "codes.issue": _("Ballot codes produced"),
        "codes.reissue": _("Ballot code replaced"),
        "codes.revoke": _("Ballot code revoked"),
        "drawn_list.export": _("List of the drawn taken as a file"),
        "drawn_list.view": _("List of the drawn looked at"),
        "draw.verify": _("Draw redone to verify it"),
        "nominations.limits": _("Limits of nominations changed"),
        "representation.make": _("Drawn compared with the register"),
        "exclusions.export": _("List of those left out of the draw taken as a file"),
        "exclusions.view": _("List of those left out of the draw looked at"),
        "replacement.confirm": _("Replacement of somebody drawn confirmed"),
        "replacement.request": _("Replacement of somebody drawn asked for"),
        "replacement.withdraw": _("Replacement of somebody drawn withdrawn"),
        "replacements.view": _("Names of those replaced looked at"),
        "round.close_early": _("Round closed before its time"),
        "round.configure": _("Configuration of a round changed"),
        "round.create": _("Round created"),
        "round.generate": _("Demo round generated"),
        "round.reschedule": _("Dates of a round moved"),
    },
    {
        "ballots": _("Ballots"),
        "contact": _("With contact data"),
        "copied_from": _("Copied from"),
        "candidate": _("Place, by its id"),
        "count": _("How many"),
        "fewest_bodies": _("Fewest bodies of equal size"),
        "file": _("Stored file"),
        "exclusion_reason": _("Reason of the exclusion"),
        "invitations": _("Invitations"),
        "new_status": _("Status in the register"),
        "number": _("Number"),
        "largest_percent": _("Largest share of one body (per cent)"),
        "opened": _("Opened"),
        "opinions": _("Opinions"),
        "page": _("Page"),
        "returned": _("Returned"),
        "root": _("Root of the receipts"),
        "rows": _("Rows"),
        "same": _("The same result"),
        "section": _("Section"),
        "stand_in": _("Stand-in, by its id"),
        "state": _("State"),
        "unopenable": _("Envelopes that could not be opened"),
        "version": _("Version"),
    },
)
