"""Work of the accounts app that runs as a job."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services.audit_check import CHECK_JOB, check_audit_log
from foundation.jobs import Progress, job


@job(CHECK_JOB, title=_("Check the audit log"))
def check(progress: Progress, *, user_id: int) -> dict[str, Any]:
    """See ``accounts.services.check_audit_log``."""
    return check_audit_log(actor=User.objects.get(pk=user_id), progress=progress)
