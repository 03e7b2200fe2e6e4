"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels(
    {
        "draw.make": _("Evaluators drawn"),
        "evaluator.change": _("Evaluator changed"),
        "evaluator.contact_seen": _("Contact data looked at"),
        "evaluator.create": _("Evaluator created"),
        "evaluator.status": _("Status of an evaluator changed"),
        "evaluators.export": _("Register exported with contact data"),
        "evaluators.import": _("Registry imported"),
        "snapshot.freeze": _("Register frozen"),
        "snapshot.void": _("Frozen register voided"),
        "stratum.change": _("Stratum changed"),
        "stratum.create": _("Stratum created"),
        "unit.change": _("Unit changed"),
        "unit.create": _("Unit created"),
    },
    {
        "by_words": _("By words of a search"),
        "contact_changed": _("Contact data changed"),
        "personal_changed": _("Personal data changed"),
        "drawn": _("Drawn"),
        "exclusions_hash": _("Fingerprint of those left out"),
        "new_units": _("New units"),
        "people": _("People"),
        "recused": _("Departments not judged"),
        "plan_hash": _("Fingerprint of the plan"),
        "problem_rows_left_out": _("Rows with problems left out"),
        "public_seed": _("Public seed"),
        "result_sha256": _("Fingerprint of the result"),
        "seed": _("Seed"),
        "seed_source": _("Source of the seed"),
        "snapshot_hash": _("Fingerprint of the register"),
    },
)
