"""The history only grows, but what tells of an anonymised person in it can be emptied; so can nothing else."""

from django.db import migrations

from foundation import append_only

_TABLE = "evaluators_evaluatorchange"


class Migration(migrations.Migration):
    dependencies = [("evaluators", "0007_retention")]
    operations = [
        migrations.RunPython(*reversed(append_only.triggers(_TABLE))),
        migrations.RunPython(*append_only.triggers(_TABLE, erasable=("before", "after", "reason"))),
        migrations.RunPython(*append_only.triggers("evaluators_retentionpolicy")),
    ]
