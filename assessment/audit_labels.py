"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels(
    {
        "assessment.import": _("Assessment imported"),
        "assessment.set": _("Assessment changed"),
        "canvassing.assigned": _("Department of a report of canvassing named"),
        "canvassing.confirmed": _("Decision on a report of canvassing confirmed"),
        "canvassing.proposed": _("Decision on a report of canvassing proposed"),
        "canvassing.read": _("Report of canvassing read"),
        "canvassing.receive": _("Report of canvassing received"),
        "canvassing.sent_back": _("Report of canvassing sent back"),
        "canvassing.taken_up": _("Examination of canvassing begun"),
    },
    {
        "assessment.assessment.score": _("Assessment score"),
        "assessment.assessment.bonus": _("Bonus"),
        "assessment.assessment.deduction": _("Deduction"),
        "assessment.assessment.veto": _("Veto"),
        "assessment.canvassingreport.department": _("Department"),
        "assessment.canvassingreport.outcome": _("Decision"),
        "assessment.canvassingreport.state": _("State"),
        "assessment.canvassingreport.veto": _("Veto"),
        "assessment.canvassingreport.with_evidence": _("With a file"),
        "assessment.assessment.problem": _("Prominent problem"),
    },
)
