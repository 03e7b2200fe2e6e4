"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels(
    {
        "audit.check": _("Audit log checked"),
        "audit.export": _("Audit log downloaded"),
        "role.create": _("Role created"),
        "role.delete": _("Role deleted"),
        "role.edit": _("Role changed"),
        "user.activate": _("Account activated again"),
        "user.change_password": _("Own password changed"),
        "user.create": _("Account created"),
        "user.deactivate": _("Account deactivated"),
        "user.edit": _("Account changed"),
        "user.grant": _("Role given"),
        "user.lockout": _("Login stopped after too many failures"),
        "user.login": _("Logged in"),
        "user.logout": _("Logged out"),
        "user.reset_password": _("One-time password made"),
        "user.revoke": _("Role taken away"),
    },
    {
        "broken": _("Broken links"),
        "email_changed": _("E-mail address changed"),
        "entries": _("Entries"),
        "failures": _("Failed attempts"),
        "lost": _("Newest entries lost"),
        "newest": _("Newest entry"),
        "role": _("Role"),
        "scope": _("Valid for"),
        "search": _("Search"),
    },
)
