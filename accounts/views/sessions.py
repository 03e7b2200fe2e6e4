"""Logging in and out, one's own password, and what happens after too many failures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from axes.helpers import get_cool_off, get_failure_limit
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import LoginForm, OwnPasswordForm
from accounts.models import User
from foundation.errors import TooManyRequests, too_many_requests


@method_decorator(login_not_required, name="dispatch")
class LoginView(auth_views.LoginView):
    """The login page; whoever is logged in already goes on to the first page."""

    template_name = "accounts/login.html"
    form_class = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        services.record_login(user=form.get_user())
        return response


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    services.record_logout(user=cast(User, request.user))
    logout(request)
    messages.success(request, _("You have logged out."))
    return redirect("accounts:login")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    """One's own password: because one wants to, or because the one handed over was for once only."""
    user = cast(User, request.user)
    forced = user.must_change_password
    form = OwnPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_own_password(
                user=user,
                old_password=form.cleaned_data["old_password"],
                new_password=form.cleaned_data["new_password1"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password has been changed."))
            return redirect("home")
    return render(request, "accounts/password_change.html", {"form": form, "forced": forced})


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Too many failed logins with one name from one address: 429, and when to try again.

    Called by axes instead of the login page; says the same whether or not there is such an account.
    """
    failures = int(getattr(request, "axes_failures_since_start", 0) or 0)
    if failures == get_failure_limit(request, credentials):  # once, not at every further attempt
        services.record_lockout(username=str((credentials or {}).get("username", "")), failures=failures)
    pause = get_cool_off(request)
    seconds = pause.total_seconds() if pause else 900.0
    again = timezone.localtime(timezone.now() + timedelta(seconds=seconds))
    message = _("Logging in with this name failed too often. You can try again from %(time)s on.") % {
        "time": formats.date_format(again, "TIME_FORMAT")
    }
    return too_many_requests(request, TooManyRequests(message, retry_after=seconds))
