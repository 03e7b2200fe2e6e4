"""The database itself refuses to change or delete audit entries, whatever program asks."""

from django.db import migrations

from foundation.append_only import triggers


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]
    operations = [migrations.RunPython(*triggers("foundation_auditentry"))]
