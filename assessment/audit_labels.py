"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels(
    {
        "assessment.import": _("Assessment imported"),
        "assessment.set": _("Assessment changed"),
    },
    {
        "assessment.assessment.score": _("Assessment score"),
        "assessment.assessment.bonus": _("Bonus"),
        "assessment.assessment.deduction": _("Deduction"),
        "assessment.assessment.veto": _("Veto"),
        "assessment.assessment.problem": _("Prominent problem"),
    },
)
