"""Reports as jobs."""

from __future__ import annotations

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evaluation.models import Round
from evaluation.tasks import refusing
from foundation.jobs import Progress, job
from portal.services import make_workbook


@job("portal.workbook", title=_("Result workbook"))
def workbook(progress: Progress, *, round_id: int, user_id: int, language: str) -> dict:
    """Write the result workbook in the language of the one who asked for it."""
    with translation.override(language):
        file = refusing(
            lambda: make_workbook(
                actor=User.objects.get(pk=user_id), round=Round.objects.get(pk=round_id), progress=progress
            )
        )
    return {"file": str(file.pk), "url": reverse("foundation:file-download", args=[file.pk])}
