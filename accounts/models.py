"""Who works here: users, roles as data, and what a role is granted for."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.permissions import PERMISSION_CODES

CONSOLE_USERNAME = "console"


class UserManager(BaseUserManager["User"]):
    """Makes users; services.create_user is the audited way."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who works with the system (evaluators have codes, not accounts)."""

    username = models.CharField(
        _("user name"),
        max_length=64,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("A user with this name exists already.")},
    )
    full_name = models.CharField(pgettext_lazy("person", "full name"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    is_active = models.BooleanField(_("may log in"), default=True)
    must_change_password = models.BooleanField(_("must change the password at next login"), default=False)
    is_demo = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        ordering = ["username"]
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name

    @property
    def is_console(self) -> bool:
        """True for the no-login account that commands act as."""
        return self.username == CONSOLE_USERNAME


class Role(models.Model):
    """A named set of permissions, edited by administrators."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    permissions = models.JSONField(_("permissions"), default=list)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name

    def clean(self) -> None:
        unknown = sorted(set(self.permissions) - PERMISSION_CODES)
        if unknown:
            raise ValidationError({"permissions": _("Unknown permission: %(code)s") % {"code": unknown[0]}})


class ScopeKind(models.TextChoices):
    """What a grant can be limited to."""

    ALL = "all", _("Everything")
    DEPARTMENT = "department", _("One department")
    SECTOR = "sector", _("One sector")
    STRATUM = "stratum", _("One stratum")
    UNIT = "unit", _("One unit")


class RoleGrant(models.Model):
    """A role given to a user, everywhere or for one department, sector or stratum (by its code)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants", verbose_name=_("user"))
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants", verbose_name=_("role"))
    scope_kind = models.CharField(_("valid for"), max_length=12, choices=ScopeKind.choices, default=ScopeKind.ALL)
    scope_code = models.CharField(_("its code"), max_length=40, blank=True)

    class Meta:
        ordering = ["user", "role"]
        verbose_name = _("granted role")
        verbose_name_plural = _("granted roles")
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "scope_kind", "scope_code"], name="grant_once"),
            models.CheckConstraint(
                condition=models.Q(scope_kind="all", scope_code="")
                | ~models.Q(scope_kind="all") & ~models.Q(scope_code=""),
                name="grant_scope_has_code",
            ),
        ]
