"""What can be allowed. Which role may do what is data (accounts.Role); this is only the list of things.

A permission whose ``scope`` is set can be granted for one department, sector or stratum alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Permission:
    """One thing that somebody may be allowed to do."""

    code: str
    label: str | Promise


PERMISSIONS: tuple[Permission, ...] = (
    Permission("accounts.manage", _("Manage accounts, roles and settings")),
    Permission("audit.view", _("Read the audit log and the proofs")),
    Permission("departments.view", _("See departments")),
    Permission("departments.edit", _("Edit and import departments")),
    Permission("registry.view", _("See the registry of evaluators")),
    Permission("registry.edit", _("Edit and import the registry")),
    Permission("registry.contact", _("See evaluators' phone numbers and e-mail addresses")),
    Permission("registry.retention", _("Decide how long the registry keeps people's names")),
    Permission("round.view", _("See rounds")),
    Permission("round.configure", _("Configure rounds and freeze them")),
    Permission("round.draw", _("Draw the evaluators and see who was drawn")),
    Permission("round.codes", _("Produce ballot codes and letters")),
    Permission("round.run", _("Open and close rounds and open the box")),
    Permission("returns.view", _("See return counts")),
    Permission("assessment.view", _("See assessment scores")),
    Permission("assessment.edit", _("Enter assessment scores and deductions")),
    Permission("canvassing.view", _("Read reports of canvassing")),
    Permission("canvassing.decide", _("Examine reports of canvassing and decide on them")),
    Permission("scoring.view", _("See results before they are published")),
    Permission("scoring.run", _("Score rounds and decide outcomes")),
    Permission("round.publish", _("Publish results")),
    Permission("results.view", _("See the published results of all departments")),
    Permission("results.own", _("See the published results of one's own departments")),
    Permission("reports.make", _("Produce reports")),
    Permission("bundle.audit", _("Download the audit bundle with ballots")),
)

PERMISSION_CODES = frozenset(permission.code for permission in PERMISSIONS)

_STAFF = [
    "departments.view",
    "departments.edit",
    "registry.view",
    "registry.edit",
    "registry.contact",
    "registry.retention",
    "round.view",
    "round.configure",
    "round.draw",
    "round.codes",
    "round.run",
    "returns.view",
    "assessment.view",
    "assessment.edit",
    "canvassing.view",
    "canvassing.decide",
    "scoring.view",
    "scoring.run",
    "round.publish",
    "results.view",
    "reports.make",
]

# The roles a new database starts with (domain.md, "Who uses the system"): code, English name, name, permissions.
STARTING_ROLES: tuple[tuple[str, str, str, list[str]], ...] = (
    ("committee", "Work committee", "工委工作人员", _STAFF),
    ("leader", "Leader", "领导", ["departments.view", "round.view", "returns.view", "results.view", "reports.make"]),
    ("liaison", "Department liaison", "部门联络员", ["results.own"]),
    ("assessor", "Assessor", "考核人员", ["departments.view", "assessment.view", "assessment.edit"]),
    ("organiser", "Stratum organiser", "层面组织者", ["returns.view"]),
    ("unit_contact", "Unit contact", "单位联系人", ["returns.view"]),
    ("sector_guide", "Sector guide", "片指导员", ["results.own"]),
    ("supervisor", "Supervisor", "监督员", ["departments.view"]),
    (
        "auditor",
        "Auditor",
        "审计人员",
        [
            "audit.view",
            "departments.view",
            "round.view",
            "returns.view",
            "canvassing.view",
            "scoring.view",
            "results.view",
            "bundle.audit",
        ],
    ),
    ("administrator", "Administrator", "系统管理员", ["accounts.manage"]),
)
