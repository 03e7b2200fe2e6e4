"""Roles: which there are, what each may do, who holds it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import selectors, services
from accounts.forms import RoleForm
from accounts.models import Role
from accounts.permissions import PERMISSIONS
from accounts.policies import permission_required
from accounts.scopes import ScopeNames
from accounts.views.shared import FORM_METHODS, Crumbs, actor_of


def _crumbs(here: str = "") -> Crumbs:
    address = reverse("accounts:role-list") if here else ""
    return [(_("Roles"), address), *([(here, "")] if here else [])]


def _get_role(pk: int) -> Role:
    role = selectors.roles().filter(pk=pk).first()
    if role is None:
        raise Http404
    return role


@require_GET
@permission_required("accounts.manage")
def role_list(request: HttpRequest) -> HttpResponse:
    """All roles with what they allow."""
    labels = {permission.code: permission.label for permission in PERMISSIONS}
    roles = [(role, [labels[code] for code in role.permissions if code in labels]) for role in selectors.roles()]
    return render(request, "accounts/role_list.html", {"roles": roles, "crumbs": _crumbs()})


@FORM_METHODS
@permission_required("accounts.manage")
def role_create(request: HttpRequest) -> HttpResponse:
    """A new role."""
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            role = services.create_role(actor=actor_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The role %(role)s has been created.") % {"role": role})
            return redirect("accounts:role-list")
    context = {"form": form, "title": _("New role"), "crumbs": _crumbs(_("New role"))}
    return render(request, "accounts/role_form.html", context)


@FORM_METHODS
@permission_required("accounts.manage")
def role_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What a role is called, what its holders may do, and who they are."""
    role = _get_role(pk)
    initial = {"name": role.name, "name_en": role.name_en, "permissions": role.permissions}
    form = RoleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_role(actor=actor_of(request), role=role, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The role %(role)s has been saved.") % {"role": role})
            return redirect("accounts:role-list")
    names = ScopeNames()
    holders = [(grant, names.label(grant.scope_kind, grant.scope_code)) for grant in selectors.holders(role)]
    context = {"form": form, "role": role, "title": str(role), "holders": holders, "crumbs": _crumbs(str(role))}
    return render(request, "accounts/role_form.html", context)


@FORM_METHODS
@permission_required("accounts.manage")
def role_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a role that nobody holds."""
    role = _get_role(pk)
    if request.method == "POST":
        services.delete_role(actor=actor_of(request), role=role)
        messages.success(request, _("The role %(role)s has been deleted.") % {"role": role})
        return redirect("accounts:role-list")
    held = role.grants.count()
    problems = [
        {
            "message": _("The role is still held by somebody."),
            "remedy": _("First take it away from everybody who holds it; they are listed on the page of the role."),
            "url": reverse("accounts:role-edit", args=(pk,)),
            "url_label": _("To the role"),
        }
    ]
    context = {
        "title": _("Delete the role %(role)s") % {"role": role},
        "crumbs": _crumbs(_("Delete")),
        "problems": problems if held else [],
        "consequences": [
            _("The role %(role)s disappears from the list; the audit log keeps what it allowed.") % {"role": role}
        ],
        "irreversible": True,
        "confirm_label": _("Delete the role"),
        "cancel_url": reverse("accounts:role-edit", args=(pk,)),
    }
    return render(request, "components/confirm.html", context)
