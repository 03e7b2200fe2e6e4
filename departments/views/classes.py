"""Groups and sectors: list, create, change, delete while unused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.policies import may, permission_required
from departments import selectors, services
from departments.forms import GroupForm, SectorForm
from departments.models import DepartmentGroup, Sector
from departments.views.shared import FORM_METHODS, actor_of, crumbs
from foundation.form_errors import try_service


@dataclass(frozen=True)
class _Kind:
    """Groups or sectors: the same pages with other words."""

    name: str
    model: type[DepartmentGroup] | type[Sector]
    form: type[GroupForm] | type[SectorForm]
    title: str | Promise
    lead: str | Promise
    new: str | Promise
    create: str | Promise
    save: str | Promise
    delete: str | Promise

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"departments:{self.name}-{page}", args=args)


_GROUPS = _Kind(
    name="group",
    model=DepartmentGroup,
    form=GroupForm,
    title=gettext_lazy("Groups"),
    lead=gettext_lazy("Departments of one group are judged by the same strata and ranked together."),
    new=gettext_lazy("New group"),
    create=gettext_lazy("Create the group"),
    save=gettext_lazy("Save the group"),
    delete=gettext_lazy("Delete the group"),
)
_SECTORS = _Kind(
    name="sector",
    model=Sector,
    form=SectorForm,
    title=gettext_lazy("Sectors"),
    lead=gettext_lazy("The middle level between city and department; a role can be limited to one sector."),
    new=gettext_lazy("New sector"),
    create=gettext_lazy("Create the sector"),
    save=gettext_lazy("Save the sector"),
    delete=gettext_lazy("Delete the sector"),
)


@require_GET
@permission_required("departments.view")
def group_list(request: HttpRequest) -> HttpResponse:
    """All groups in their order."""
    return _list(request, _GROUPS)


@require_GET
@permission_required("departments.view")
def sector_list(request: HttpRequest) -> HttpResponse:
    """All sectors in their order."""
    return _list(request, _SECTORS)


def _list(request: HttpRequest, kind: _Kind) -> HttpResponse:
    sizes = selectors.sizes(kind.name)
    rows = [
        {
            "row": row,
            "url": kind.url("edit", row.pk),
            "year": sizes.get(row.pk, (None, 0))[0],
            "size": sizes.get(row.pk, (None, 0))[1],
        }
        for row in kind.model.objects.all()
    ]
    context = {
        "title": kind.title,
        "lead": kind.lead,
        "crumbs": crumbs(here=str(kind.title)),
        "rows": rows,
        "has_english": kind is _GROUPS,
        "new_url": kind.url("create"),
        "new_label": kind.new,
        "filter_name": kind.name,
        "may_edit": may(request.user, "departments.edit"),
    }
    return render(request, "departments/class_list.html", context)


@FORM_METHODS
@permission_required("departments.edit")
def group_create(request: HttpRequest) -> HttpResponse:
    """A new group."""
    return _form(request, _GROUPS, None)


@FORM_METHODS
@permission_required("departments.edit")
def group_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a group."""
    return _form(request, _GROUPS, get_object_or_404(DepartmentGroup, pk=pk))


@FORM_METHODS
@permission_required("departments.edit")
def sector_create(request: HttpRequest) -> HttpResponse:
    """A new sector."""
    return _form(request, _SECTORS, None)


@FORM_METHODS
@permission_required("departments.edit")
def sector_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a sector."""
    return _form(request, _SECTORS, get_object_or_404(Sector, pk=pk))


def _form(request: HttpRequest, kind: _Kind, row: Any) -> HttpResponse:
    name = row.name if row else ""
    initial = None if row else {"order": kind.model.objects.count() + 1}
    form: Any = kind.form(request.POST or None, instance=row, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if kind is _GROUPS:
            saved = try_service(form, lambda: services.save_group(actor=actor_of(request), group=row, **values))
        else:
            saved = try_service(form, lambda: services.save_sector(actor=actor_of(request), sector=row, **values))
        if saved is not None:
            messages.success(request, _("“%(name)s” has been saved.") % {"name": saved.name})
            return redirect(kind.url("list"))
    title = name or str(kind.new)
    context = {
        "form": form,
        "title": title,
        "crumbs": [*crumbs(), (str(kind.title), kind.url("list")), (title, "")],
        "back": kind.url("list"),
        "save_label": kind.save if row else kind.create,
        "delete_url": kind.url("delete", row.pk) if row else "",
        "delete_label": kind.delete,
    }
    return render(request, "departments/form.html", context)


@FORM_METHODS
@permission_required("departments.edit")
def group_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a group that was never used."""
    row = get_object_or_404(DepartmentGroup, pk=pk)
    if request.method == "POST":
        services.delete_group(actor=actor_of(request), group=row)
    return _delete(request, _GROUPS, row)


@FORM_METHODS
@permission_required("departments.edit")
def sector_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a sector that was never used."""
    row = get_object_or_404(Sector, pk=pk)
    if request.method == "POST":
        services.delete_sector(actor=actor_of(request), sector=row)
    return _delete(request, _SECTORS, row)


def _delete(request: HttpRequest, kind: _Kind, row: DepartmentGroup | Sector) -> HttpResponse:
    """The page that asks, or the way on once it is done."""
    if request.method == "POST":
        messages.success(request, _("“%(name)s” has been deleted.") % {"name": row.name})
        return redirect(kind.url("list"))
    problems = []
    if row.pk in selectors.sizes(kind.name):
        problems = [
            {
                "message": _("Departments are or were in “%(name)s”; it cannot be deleted.") % {"name": row.name},
                "remedy": _("Rename it instead, or move its departments in the years that are not frozen."),
            }
        ]
    context = {
        "title": _("Delete “%(name)s”") % {"name": row.name},
        "crumbs": [
            *crumbs(),
            (str(kind.title), kind.url("list")),
            (row.name, kind.url("edit", row.pk)),
            (_("Delete"), ""),
        ],
        "consequences": [
            _("It disappears from all lists and can no longer be chosen."),
            _("A list that names it will be refused, or will create it again where it is a sector."),
        ],
        "problems": problems,
        "confirm_label": kind.delete,
        "cancel_url": kind.url("edit", row.pk),
    }
    return render(request, "components/confirm.html", context)
