"""Accounts: list, one account, new, change, switch off and on, new password, roles given and taken."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from accounts import selectors, services
from accounts.filters import UserFilter
from accounts.forms import DeactivateForm, GrantForm, UserForm
from accounts.models import CONSOLE_USERNAME, RoleGrant, User
from accounts.policies import may, permission_required
from accounts.scopes import ScopeNames
from accounts.tables import UserTable
from accounts.views.shared import FORM_METHODS, actor_of, get_user, user_crumbs
from foundation import crypto

_PER_PAGE = 25
_SESSION_KEY = "one_time_password"


@require_GET
@permission_required("accounts.manage")
def user_list(request: HttpRequest) -> HttpResponse:
    """All accounts, with search, filters and pages."""
    found = UserFilter(request.GET, queryset=selectors.people(), request=request)
    table = UserTable(found.qs)
    RequestConfig(request, paginate={"per_page": _PER_PAGE}).configure(table)
    return render(request, "accounts/user_list.html", {"table": table, "filter": found, "count": found.qs.count()})


@FORM_METHODS
@permission_required("accounts.manage")
def user_create(request: HttpRequest) -> HttpResponse:
    """A new account; its one-time password is shown on the next page, once."""
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = services.create_user_with_one_time_password(actor=actor_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _keep(request, user, password)
            return redirect("accounts:one-time-password", pk=user.pk)
    context = {"form": form, "title": _("New account"), "crumbs": user_crumbs(here=_("New account"))}
    return render(request, "accounts/user_form.html", context)


@require_GET
@permission_required("accounts.manage")
def user_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: who, which roles, what they allow."""
    return _detail(request, get_user(pk), GrantForm())


def _detail(request: HttpRequest, user: User, form: GrantForm, status: int = 200) -> HttpResponse:
    names = ScopeNames()
    grants = [(grant, names.label(grant.scope_kind, grant.scope_code)) for grant in user.grants.all()]
    context: dict[str, Any] = {
        "account": user,
        "grants": grants,
        "grant_form": form,
        "powers": selectors.powers_of(user),
        "is_self": user.pk == request.user.pk,
        "may_audit": may(request.user, "audit.view"),
        "crumbs": user_crumbs(user),
    }
    return render(request, "accounts/user_detail.html", context, status=status)


@FORM_METHODS
@permission_required("accounts.manage")
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change names and address of an account."""
    user = get_user(pk)
    form = UserForm(request.POST or None, instance=get_user(pk))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_user(actor=actor_of(request), user=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The account has been saved."))
            return redirect("accounts:user-detail", pk=pk)
    here = _("Change the account")
    return render(
        request,
        "accounts/user_form.html",
        {"form": form, "account": user, "title": here, "crumbs": user_crumbs(user, here)},
    )


@FORM_METHODS
@permission_required("accounts.manage")
def user_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account off, after saying what that means."""
    user = get_user(pk)
    form = DeactivateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.deactivate_user(actor=actor_of(request), user=user, **form.cleaned_data)
        messages.success(request, _("The account of %(name)s has been deactivated.") % {"name": user})
        return redirect("accounts:user-detail", pk=pk)
    title = _("Deactivate the account of %(name)s") % {"name": user}
    context = {
        "title": title,
        "crumbs": user_crumbs(user, _("Deactivate")),
        "consequences": [
            _("%(name)s is logged out at once and cannot log in any more.") % {"name": user},
            _("What this person did stays in the audit log under the same name; nothing is deleted."),
            _("The account can be activated again, with the roles it has now."),
        ],
        "form": form,
        "confirm_label": _("Deactivate the account"),
        "cancel_url": reverse("accounts:user-detail", args=(pk,)),
    }
    return render(request, "components/confirm.html", context)


@require_POST
@permission_required("accounts.manage")
def user_activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account on again."""
    user = get_user(pk)
    services.reactivate_user(actor=actor_of(request), user=user)
    messages.success(request, _("%(name)s may log in again.") % {"name": user})
    return redirect("accounts:user-detail", pk=pk)


@FORM_METHODS
@permission_required("accounts.manage")
def user_reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A new one-time password for somebody who forgot it."""
    user = get_user(pk)
    if request.method == "POST":
        _keep(request, user, services.reset_password(actor=actor_of(request), user=user))
        return redirect("accounts:one-time-password", pk=pk)
    context = {
        "title": _("New password for %(name)s") % {"name": user},
        "crumbs": user_crumbs(user, _("Reset the password")),
        "consequences": [
            _("The present password stops working at once, and %(name)s is logged out everywhere.") % {"name": user},
            _("A one-time password is shown on the next page, once. Hand it over in person or by telephone."),
            _("At the next login a password of one's own has to be chosen."),
        ],
        "confirm_label": _("Make a new password"),
        "cancel_url": reverse("accounts:user-detail", args=(pk,)),
    }
    return render(request, "components/confirm.html", context)


def _keep(request: HttpRequest, user: User, password: str) -> None:
    """Hand the password to the next page through the session, encrypted, since sessions are in the database."""
    sealed = crypto.encrypt(password.encode(), purpose=f"one-time-password:{user.pk}")
    request.session[_SESSION_KEY] = [user.pk, b64encode(sealed).decode()]


@require_GET
@never_cache
@permission_required("accounts.manage")
def one_time_password(request: HttpRequest, pk: int) -> HttpResponse:
    """The password just made, shown once: a reload finds nothing any more."""
    user = get_user(pk)
    kept_for, sealed = request.session.pop(_SESSION_KEY, (None, ""))
    password = ""
    if kept_for == pk:
        password = crypto.decrypt(b64decode(sealed), purpose=f"one-time-password:{pk}").decode()
    context = {"account": user, "password": password, "crumbs": user_crumbs(user, _("One-time password"))}
    return render(request, "accounts/one_time_password.html", context)


@require_POST
@permission_required("accounts.manage")
def grant_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a role, for everything or for one department, sector or stratum."""
    user = get_user(pk)
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _detail(request, user, form, status=422)
    kind, code = form.cleaned_data["scope"]
    role = form.cleaned_data["role"]
    services.grant_role(actor=actor_of(request), user=user, role=role, scope_kind=kind, scope_code=code)
    messages.success(request, _("%(name)s now has the role %(role)s.") % {"name": user, "role": role})
    return redirect("accounts:user-detail", pk=pk)


@FORM_METHODS
@permission_required("accounts.manage")
def grant_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a role away, after saying what that means."""
    grant = get_object_or_404(RoleGrant.objects.select_related("user", "role"), pk=pk)
    if grant.user.username == CONSOLE_USERNAME:
        raise Http404
    user = grant.user
    if request.method == "POST":
        services.revoke_grant(actor=actor_of(request), grant=grant)
        messages.success(request, _("%(name)s no longer has this role.") % {"name": user})
        return redirect("accounts:user-detail", pk=user.pk)
    label = ScopeNames().label(grant.scope_kind, grant.scope_code)
    context = {
        "title": _("Take away the role %(role)s") % {"role": grant.role},
        "crumbs": user_crumbs(user, _("Take away a role")),
        "consequences": [
            _("%(name)s loses the role %(role)s (%(scope)s).") % {"name": user, "role": grant.role, "scope": label},
            _("It takes effect with the next page that is opened."),
        ],
        "confirm_label": _("Take away the role"),
        "cancel_url": reverse("accounts:user-detail", args=(user.pk,)),
    }
    return render(request, "components/confirm.html", context)
