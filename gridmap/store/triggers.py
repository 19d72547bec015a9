"""Rules that the database itself holds, whoever writes: what is published and what is logged is never changed.

Each refusal begins with `gridmap: ` and the key of its text.
"""

from sqlalchemy import Connection, text

APPEND_ONLY = ("audit", "steps", "plan_edits", "grid_versions")
PUBLISHING = "EXISTS (SELECT 1 FROM store_state WHERE key = 'publishing')"


def create(connection: Connection) -> None:
    """Make the triggers of the store's own tables."""
    for table in APPEND_ONLY:
        _refuse(connection, table, "UPDATE", "true", "append_only")
        _refuse(connection, table, "DELETE", "true", "append_only")
    drafted = "(SELECT state FROM plans WHERE plan_id = {row}.plan_id) <> 'draft'"
    for table in ("plan_grids", "plan_retired"):
        for operation, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            _refuse(connection, table, operation, drafted.format(row=row), "plan_published")
    _refuse(connection, "plans", "DELETE", "OLD.state <> 'draft'", "plan_published")
    kept = ("plan_id", "name", "valid_from", "scenario", "author", "reason", "based_on", "revision", "created_at")
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in kept)
    back = "NEW.state = 'draft' OR (OLD.state = 'retired' AND (NEW.state <> 'retired' OR OLD.valid_to IS DISTINCT FROM NEW.valid_to))"
    _refuse(connection, "plans", "UPDATE", f"OLD.state <> 'draft' AND ({changed} OR {back})", "plan_published")


def guard_grids(connection: Connection) -> None:
    """Let nothing but a publication change the boundaries in force."""
    for operation in ("INSERT", "UPDATE", "DELETE"):
        _refuse(connection, "grids", operation, f"NOT {PUBLISHING}", "published_grids")


def _refuse(connection: Connection, table: str, operation: str, when: str, key: str) -> None:
    name = f"gridmap_{table}_{operation.lower()}"
    if connection.dialect.name == "sqlite":
        when = when.replace("IS DISTINCT FROM", "IS NOT")  # SQLite has the longer form since 3.39
        connection.execute(
            text(
                f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {operation} ON {table} "
                f"WHEN {when} BEGIN SELECT RAISE(ABORT, 'gridmap: {key}'); END"
            )
        )
        return
    row = "OLD" if operation == "DELETE" else "NEW"
    connection.execute(
        text(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION 'gridmap: {key}' USING ERRCODE = 'restrict_violation'; END IF; RETURN {row}; END $$"
        )
    )
    connection.execute(text(f"CREATE OR REPLACE TRIGGER {name} BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"))
