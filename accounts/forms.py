"""Forms of logging in, accounts and roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.models import CONSOLE_USERNAME, Role, ScopeKind, User
from accounts.permissions import PERMISSIONS


class LoginForm(AuthenticationForm):
    """User name and password; says the same for a wrong name, a wrong password and an account switched off."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The user name or the password is wrong. Both are case-sensitive."),
    }

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if user.is_console:
            raise self.get_invalid_login_error()


class OwnPasswordForm(PasswordChangeForm):
    """The present password and twice the new one, under Django's rules."""

    field_order = ["old_password", "new_password1", "new_password2"]


class UserForm(forms.ModelForm):
    """Names and address of an account."""

    class Meta:
        model = User
        fields = ["full_name", "username", "email"]
        help_texts = {
            "username": _("What is typed to log in: letters, digits and @ . + - _"),
            "email": _("Only for reaching this person; not shown in the log."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["full_name"].required = True
        self.fields["username"].widget.attrs.update(autocomplete="off", autocapitalize="none", spellcheck="false")


class GrantForm(forms.Form):
    """A role and what it is valid for, in one list by kind."""

    role = forms.ModelChoiceField(label=_("Role"), queryset=Role.objects.none(), empty_label=_("Choose a role"))
    scope = forms.ChoiceField(label=_("Valid for"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = Role.objects.exclude(code=CONSOLE_USERNAME)  # type: ignore[attr-defined]
        options: list[Any] = [("all:", str(ScopeKind.ALL.label))]
        for kind in scopes.kinds():
            of_kind = [(f"{kind}:{code}", f"{name} ({code})") for code, name in scopes.choices(kind)]
            if of_kind:
                options.append((str(ScopeKind(kind).label), of_kind))
        self.fields["scope"].choices = options  # type: ignore[attr-defined]

    def clean_scope(self) -> tuple[str, str]:
        """(kind, code); the code is empty for "all"."""
        kind, _colon, code = str(self.cleaned_data["scope"]).partition(":")
        return kind, code


class RoleForm(forms.Form):
    """What a role is called and what its holders may do."""

    name = forms.CharField(label=_("Name"), max_length=60)
    name_en = forms.CharField(label=_("English name"), max_length=60, required=False)
    permissions = forms.MultipleChoiceField(
        label=_("Its holders may"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that its holders may do.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["permissions"].choices = [  # type: ignore[attr-defined]
            (permission.code, permission.label) for permission in PERMISSIONS
        ]


class DeactivateForm(forms.Form):
    """Why an account is switched off."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
