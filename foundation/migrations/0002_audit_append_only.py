"""The database itself refuses to change or delete audit entries, whatever program asks."""

from django.db import migrations

SQLITE_CREATE = [
    f"""
    CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON foundation_auditentry
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """
    for verb in ("UPDATE", "DELETE")
]
SQLITE_DROP = [f"DROP TRIGGER IF EXISTS audit_no_{verb}" for verb in ("update", "delete")]

POSTGRESQL_CREATE = [
    """
    CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON foundation_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_append_only()
    """,
]
POSTGRESQL_DROP = [
    "DROP TRIGGER IF EXISTS audit_no_change ON foundation_auditentry",
    "DROP FUNCTION IF EXISTS audit_append_only()",
]


def _run(editor, statements):
    for statement in statements:
        editor.execute(statement)


def create(apps, schema_editor):
    _run(schema_editor, POSTGRESQL_CREATE if schema_editor.connection.vendor == "postgresql" else SQLITE_CREATE)


def drop(apps, schema_editor):
    _run(schema_editor, POSTGRESQL_DROP if schema_editor.connection.vendor == "postgresql" else SQLITE_DROP)


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
