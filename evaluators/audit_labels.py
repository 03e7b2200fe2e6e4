"""What the actions of this app are called in the audit log."""

from django.utils.translation import gettext_lazy as _

from foundation.audit import register_labels

register_labels(
    {
        "duplicates.decide": _("Possible duplicate decided"),
        "duplicates.find": _("Duplicates looked for"),
        "draw.make": _("Evaluators drawn"),
        "evaluator.change": _("Evaluator changed"),
        "evaluator.contact_seen": _("Contact data looked at"),
        "evaluator.create": _("Evaluator created"),
        "evaluator.merge": _("Two entries merged"),
        "evaluator.unmerge": _("Merging undone"),
        "evaluator.status": _("Status of an evaluator changed"),
        "evaluators.bulk_status": _("Status of many people changed"),
        "evaluators.bulk_undo": _("Bulk change undone"),
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
        "found": _("Found"),
        "gone": _("No longer found"),
        "merged": _("Merged entry"),
        "new": _("New"),
        "too_many": _("Left out, too many"),
        "selected_by": _("Selected by"),
        "taken": _("Taken over"),
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
