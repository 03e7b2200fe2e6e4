"""Every URL name of the site with an address to look at; names without a page of their own say why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Role, RoleGrant, User
from assessment.models import CanvassingReport
from config import demo_hints
from departments.models import Department, DepartmentGroup, Sector
from evaluation.models import Invitation, LetterRun, Replacement
from evaluators.models import BulkChange, DrawnPlace, DuplicatePair, Evaluator, Merge, Stratum, Unit
from foundation.models import AuditEntry, Job, JobState, StoredFile
from scoring.models import Finding, ScoreRun

#: URL names that answer a POST, a fragment or a file: nothing to look at.
NOT_PAGES = {
    "set_language": "POST",
    "set_display": "POST",
    "accounts:logout": "POST",
    "accounts:user-activate": "POST",
    "accounts:grant-create": "POST",
    "evaluation:quota-figures": "fragment",
    "evaluation:quota-count": "POST",
    "foundation:job-progress": "fragment",
    "foundation:job-cancel": "POST",
    "foundation:job-retry": "POST",
    "foundation:file-download": "file",
    "foundation:import-template": "file",
    "foundation:import-problems": "file",
    "ballot:start": "POST",
    "ballot:draft-save": "POST",
    "ballot:submit": "POST",
    "ballot:replace": "POST",
    "ballot:leave": "POST",
    "ballot:receipt-list": "file",
    "canvassing:report-take-up": "POST",
    "canvassing:report-assign": "POST",
    "canvassing:report-propose": "POST",
    "canvassing:report-send-back": "POST",
    "canvassing:report-confirm": "POST",
    "portal:workbook-make": "POST",
    "evaluation:draw-compare": "POST",
    "scoring:run-unlock-grant": "only while somebody asks",
    "styleguide": "only while developing",
}
#: Beginnings and ends of names that are never pages.
NOT_PAGE_ENDS = (
    "-export",
    "-folder",
    "-live",
    "-start",
    "-make",
    "-verify",
    "-issue",
    "-download",
    "-template",
    "-file",
)


@dataclass(frozen=True)
class Address:
    """A page to look at: its URL name, address, and who looks (a demo login; "" = nobody logged in)."""

    name: str
    path: str
    username: str


def names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every URL name of the project with the names of its arguments, namespaces in front."""
    resolver = resolver or get_resolver()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from names(entry, space)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{prefix}{entry.name}", list(entry.pattern.converters)


def _arguments(name: str, wanted: list[str]) -> dict[str, Any]:
    """Values for a page's arguments from the demo city."""
    app = name.partition(":")[0]
    current_year, past_year = 2008, 2007
    known: dict[str, Any] = {
        "year": past_year if app in {"portal", "scoring", "assessment", "departments"} else current_year,
        "verb": "unfreeze",
        "section": "scale",
        "kind": "evaluators",
        "number": 1,
        "stratum": Stratum.objects.values_list("code", flat=True).first(),
        "finding": Finding.STRAIGHT.value,
        "code": Department.objects.values_list("code", flat=True).first(),
    }
    if name.startswith("ballot:receipt"):
        known["year"] = past_year
    if name == "ballot:code-link":
        known["code"] = demo_hints.ballot_codes(1)[0]
    primary = {
        "accounts:role": Role.objects.order_by("pk"),
        "accounts:audit": AuditEntry.objects.order_by("-pk"),
        "accounts:user": User.objects.filter(username="lianluo"),
        "accounts:one": User.objects.filter(username="lianluo"),
        "accounts:grant-revoke": RoleGrant.objects.filter(user__is_demo=True),
        "departments:group": DepartmentGroup.objects.all(),
        "departments:sector": Sector.objects.all(),
        "departments:department": Department.objects.all(),
        "departments:lineage": Department.objects.all(),
        "evaluators:bulk": BulkChange.objects.all(),
        "evaluators:duplicate": DuplicatePair.objects.all(),
        "evaluators:merge": Merge.objects.all(),
        "evaluators:stratum": Stratum.objects.all(),
        "evaluators:unit": Unit.objects.all(),
        "evaluators:evaluator": Evaluator.objects.all(),
        "scoring:run": ScoreRun.objects.filter(round__year=past_year),
        "canvassing:": CanvassingReport.objects.order_by("-state", "pk"),
        "assessment:": Department.objects.all(),
        "evaluation:letter-": LetterRun.objects.filter(round__year=current_year),
        "evaluation:code-": Invitation.objects.filter(round__year=current_year, returned_on=None),
        "evaluation:replacement-create": DrawnPlace.objects.filter(
            draw__snapshot__year=current_year,
            invitations__issued_on__isnull=False,
            invitations__opened_on=None,
            invitations__replaced_on=None,
        ),
        "evaluation:replacement-": Replacement.objects.filter(decision=None).exclude(requested_by__username="gongwei"),
        "foundation:job": Job.objects.filter(state=JobState.DONE),
        "foundation:file-detail": StoredFile.objects.filter(erased_at=None, permission="round.view"),
        "foundation:import-preview": Job.objects.filter(kind="foundation.import_preview"),
        "foundation:import-result": Job.objects.filter(kind="foundation.import_apply"),
    }
    for start, rows in primary.items():
        if name.startswith(start):
            known["pk"] = rows.values_list("pk", flat=True).first()
    return {key: known.get(key) for key in wanted}


#: Pages that people without an account look at.
FOR_ANYBODY = {"accounts:login", "canvassing:report-create", "canvassing:report-look-up"}
_LOOKERS = {"accounts": "guanli", "portal": "lingdao", "ballot": ""}


def addresses() -> tuple[list[Address], list[str]]:
    """The pages to look at, and the names for which no address could be made."""
    found, missing = [], []
    for name, wanted in names():
        if name in NOT_PAGES or name.endswith(NOT_PAGE_ENDS) or name.startswith("admin:"):
            continue
        values = _arguments(name, wanted)
        if None in values.values():
            missing.append(name)
            continue
        app = name.partition(":")[0]
        username = "" if name in FOR_ANYBODY else _LOOKERS.get(app, "lingdao" if name == "home" else "gongwei")
        if name.startswith(("accounts:audit", "scoring:bundle-audit")):
            username = "shenji"
        found.append(Address(name, reverse(name, kwargs=values), username))
    return found, missing
