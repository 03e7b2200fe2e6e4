"""The history of people only grows; how many people there are is kept as they come and go."""

from django.db import migrations

from foundation import append_only, counting


class Migration(migrations.Migration):
    dependencies = [("evaluators", "0002_history")]
    operations = [
        migrations.RunPython(*append_only.triggers("evaluators_evaluatorchange")),
        migrations.RunPython(
            *counting.triggers(
                "evaluators_evaluator", "evaluators_evaluatorcount", ("stratum_id", "status", "district"), "people"
            )
        ),
    ]
