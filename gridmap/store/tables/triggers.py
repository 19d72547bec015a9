"""Rules that the database itself holds, whoever writes: what is published and what is logged is never changed.

Each refusal begins with `gridmap: ` and the key of its text.
"""

from sqlalchemy import Connection, text

APPEND_ONLY = ("audit", "steps", "grid_versions")
PUBLISHING = "EXISTS (SELECT 1 FROM store_state WHERE key = 'publishing')"
# What never repeats: SQLite's REPLACE would take the row that stands there away, and call no trigger for it.
UNIQUE = {
    "audit": "id = NEW.id",
    "steps": "fid = NEW.fid OR (event_id = NEW.event_id AND seq = NEW.seq)",
    "grid_versions": "id = NEW.id OR hash = NEW.hash",
    "plans": "plan_id = NEW.plan_id",
    "plan_edits": "plan_id = NEW.plan_id AND revision = NEW.revision",
}
_STATE = "(SELECT state FROM plans WHERE plan_id = {row}.plan_id)"


def create(connection: Connection) -> None:
    """Make the triggers of the store's own tables."""
    for table in APPEND_ONLY:
        for operation in ("UPDATE", "DELETE"):
            _refuse(connection, table, operation, "true", "append_only")
        if connection.dialect.name == "sqlite":
            _refuse(connection, table, "INSERT", _present(table), "append_only")
        _refuse_truncate(connection, table, "append_only")
    drafted = f"{_STATE} <> 'draft'"
    old, new = drafted.format(row="OLD"), drafted.format(row="NEW")
    for table in ("plan_grids", "plan_retired", "plan_edits"):
        again = f" OR {_present(table)}" if table in UNIQUE else ""
        _refuse(connection, table, "INSERT", new + again, "plan_published")
        _refuse(connection, table, "UPDATE", "true" if table == "plan_edits" else f"{old} OR {new}", "plan_published")
        _refuse(connection, table, "DELETE", old, "plan_published")
        _refuse_truncate(connection, table, "plan_published")
    for operation in ("INSERT", "UPDATE", "DELETE"):
        _refuse(connection, "plan_indexes", operation, f"NOT {PUBLISHING}", "plan_published")
    _refuse_truncate(connection, "plan_indexes", "plan_published")
    _guard_plans(connection)


def _guard_plans(connection: Connection) -> None:
    """Let nothing but a publication publish a plan, or end one that is published; nothing else of it ever changes."""
    _refuse(connection, "plans", "INSERT", f"NEW.state <> 'draft' OR {_present('plans')}", "plan_published")
    _refuse(connection, "plans", "DELETE", "OLD.state <> 'draft'", "plan_published")
    _refuse_truncate(connection, "plans", "plan_published")
    kept = ("plan_id", "name", "valid_from", "scenario", "author", "reason", "based_on", "revision", "created_at")
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in kept)
    back = "NEW.state = 'draft' OR (OLD.state = 'retired' AND (NEW.state <> 'retired' OR OLD.valid_to IS DISTINCT FROM NEW.valid_to))"
    published = f"(OLD.state <> 'draft' OR NEW.state <> 'draft') AND NOT {PUBLISHING}"
    _refuse(connection, "plans", "UPDATE", f"({published}) OR (OLD.state <> 'draft' AND ({changed} OR {back}))", "plan_published")


def guard_grids(connection: Connection) -> None:
    """Let nothing but a publication change the boundaries in force."""
    for operation in ("INSERT", "UPDATE", "DELETE"):
        _refuse(connection, "grids", operation, f"NOT {PUBLISHING}", "published_grids")
    _refuse_truncate(connection, "grids", "published_grids")


def _present(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE {UNIQUE[table]})"


def _refuse_truncate(connection: Connection, table: str, key: str) -> None:
    """Refuse to empty a table at one stroke, which a database has beside DELETE."""
    if connection.dialect.name == "sqlite":
        return
    name = f"gridmap_{table}_truncate"
    connection.execute(
        text(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION 'gridmap: {key}' USING ERRCODE = 'restrict_violation'; END $$"
        )
    )
    connection.execute(text(f"CREATE OR REPLACE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"))


def guarded(connection: Connection) -> bool:
    """Tell whether the boundaries in force are guarded."""
    if connection.dialect.name == "sqlite":
        known = "sqlite_schema WHERE type = 'trigger' AND name = 'gridmap_grids_insert'"
    else:
        known = "pg_trigger WHERE tgrelid = to_regclass('grids') AND tgname = 'gridmap_grids_insert'"
    return connection.execute(text(f"SELECT 1 FROM {known}")).scalar() is not None


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
