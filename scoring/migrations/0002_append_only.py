"""The database itself refuses to change or delete results, trials, reports and decisions, whatever program asks."""

from django.db import migrations

from foundation.append_only import triggers

TABLES = (
    "scoring_scorerun",
    "scoring_departmentscore",
    "scoring_whatiftrial",
    "scoring_qualityreport",
    "scoring_exclusiondecision",
    "scoring_sensitivityreport",
)


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]
    operations = [migrations.RunPython(*triggers(*TABLES))]
