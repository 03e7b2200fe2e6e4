"""The database itself refuses to change or delete decisions on ballots and reports on them, whatever program asks."""

from django.db import migrations

TABLES = ("scoring_exclusiondecision", "scoring_qualityreport")
MESSAGE = "decisions and reports are append-only"

SQLITE_CREATE = [
    f"""
    CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
    """
    for table in TABLES
    for verb in ("UPDATE", "DELETE")
]
SQLITE_DROP = [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in TABLES for verb in ("update", "delete")]

POSTGRESQL_CREATE = [
    f"""
    CREATE FUNCTION scoring_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION scoring_append_only()
        """
        for table in TABLES
    ),
]
POSTGRESQL_DROP = [
    *(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}" for table in TABLES),
    "DROP FUNCTION IF EXISTS scoring_append_only()",
]


def _run(editor, statements):
    for statement in statements:
        editor.execute(statement)


def create(apps, schema_editor):
    _run(schema_editor, POSTGRESQL_CREATE if schema_editor.connection.vendor == "postgresql" else SQLITE_CREATE)


def drop(apps, schema_editor):
    _run(schema_editor, POSTGRESQL_DROP if schema_editor.connection.vendor == "postgresql" else SQLITE_DROP)


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
