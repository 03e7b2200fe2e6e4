"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels(
    {
        "bundle.audit": _("Audit bundle with ballots made"),
        "bundle.export": _("Bundle written to a folder or file"),
        "bundle.release": _("Public bundle released"),
        "ballots.exclude": _("Ballots left out of the score"),
        "ballots.readmit": _("Ballots taken in again"),
        "quality.report": _("Report on data quality made"),
        "score.publish": _("Run published"),
        "score.run": _("Round scored"),
        "sensitivity.report": _("Report on weights made"),
        "whatif.request": _("Unlock of trials asked for"),
        "whatif.try": _("Other rules tried, not official"),
        "whatif.unlock": _("Trials unlocked"),
    },
    {
        "open_cells": _("Cells that tell too much, confirmed"),
        "public": _("Public bundle"),
        "readers": _("Who may download it"),
        "code_version": _("Version of the program"),
        "excluded": _("Ballots left out by decision"),
        "expires_at": _("Expires"),
        "finding": _("Finding"),
        "input_fingerprint": _("Fingerprint of the input"),
        "number": _("Number of the run"),
        "stratum": _("Stratum"),
    },
)
