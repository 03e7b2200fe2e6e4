"""What the actions of the project's own commands are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels({"demo.build": _("Demo city built")}, {"scale": _("Scale"), "seed": _("Seed")})
