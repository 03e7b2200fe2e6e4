"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels(
    {
        "department.change": _("Department changed"),
        "department.activate": _("Department activated again"),
        "department.create": _("Department created"),
        "department.deactivate": _("Department deactivated"),
        "department.lineage": _("Lineage of a department changed"),
        "department.year": _("Group or sector of a year changed"),
        "departments.copy_year": _("Groups and sectors taken over from another year"),
        "departments.import": _("Departments imported"),
        "group.change": _("Group changed"),
        "group.create": _("Group created"),
        "group.delete": _("Group deleted"),
        "sector.change": _("Sector changed"),
        "sector.create": _("Sector created"),
        "sector.delete": _("Sector deleted"),
    },
    {
        "change": _("Rows changed"),
        "create": _("Rows added"),
        "departments": _("Departments"),
        "from_year": _("From the year"),
        "group": _("Group"),
        "kind": _("What happened"),
        "predecessor": _("Predecessor"),
        "sector": _("Sector"),
        "sha256": _("Fingerprint of the file"),
        "years_left": _("Years it no longer takes part in"),
    },
)
