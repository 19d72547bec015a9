"""The tables that the store itself keeps, the same in both homes; those of a project (events, buildings ...) follow the frames put in.

`grids` among the latter are the boundaries in force. Version 1; `migrations` says how older files come to it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from gridmap.store.tables.kinds import Day, Document, Instant

META = MetaData()
_Key = BigInteger().with_variant(Integer, "sqlite")  # the row id there, and eight bytes wherever it stands

# Key and value: the version of these tables, the hash of the log's last entry, and `publishing` for as long as a transaction changes
# what is published.
LAST_ENTRY = "last_entry"
STORE = Table("store_state", META, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# Append-only; each entry holds the hash of the one before it.
AUDIT = Table(
    "audit",
    META,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("follows", Instant(raw=True)),  # the table's change before, as a GeoPackage states it
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("first_row", _Key, nullable=False),
    Column("row_count", _Key, nullable=False),
    Column("what", Document),
    Column("why", Text),
    Column("digest", Text),  # of the rows written, as `fingerprint.digest`
    Column("previous", Text),
    Column("hash", Text),
    sqlite_autoincrement=True,
)

STATES = ("draft", "published", "retired")
PLANS = Table(
    "plans",
    META,
    Column("plan_id", _Key, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('draft', 'published', 'retired')"), nullable=False),
    Column("valid_from", Day),
    Column("valid_to", Day),  # the first day on which it holds no more
    Column("scenario", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text),
    Column("based_on", _Key, ForeignKey("plans.plan_id")),
    Column("revision", Integer, nullable=False),  # grows with every edit: who edits an older one is refused
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

# A grid as it stood in one plan or in many: kept once, by what it holds.
GRID_VERSIONS = Table(
    "grid_versions",
    META,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("grid_code", Text, nullable=False),
    Column("row", Document, nullable=False),  # every column but code and geometry
    Column("shape", LargeBinary, nullable=False),  # WKB
)

PLAN_GRIDS = Table(
    "plan_grids",
    META,
    Column("plan_id", _Key, ForeignKey("plans.plan_id"), primary_key=True),
    Column("grid_code", Text, primary_key=True),
    Column("version", _Key, ForeignKey("grid_versions.id"), nullable=False),
    sqlite_with_rowid=False,
)

# Codes that must not be given again, by the plan in which they stand no more.
PLAN_RETIRED = Table(
    "plan_retired",
    META,
    Column("plan_id", _Key, ForeignKey("plans.plan_id"), primary_key=True),
    Column("grid_code", Text, primary_key=True),
    Column("name", Text),
    Column("level", Integer),
    Column("kind", Text),
    sqlite_with_rowid=False,
)

# What each revision of a draft took away and put in; undo and redo are revisions of their own.
PLAN_EDITS = Table(
    "plan_edits",
    META,
    Column("plan_id", _Key, ForeignKey("plans.plan_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("action", Text, nullable=False),  # split, merge ... or undo, redo
    Column("reverts", Integer),  # the revision that an undo takes back or a redo puts in again
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("what", Document, nullable=False),
    Column("removed", Document, nullable=False),  # code -> version
    Column("added", Document, nullable=False),
    Column("retired", Document, nullable=False),  # codes retired by it -> name, level, kind
)

# What an index of `assign` is made of is costly: it is kept beside its plan.
PLAN_INDEXES = Table(
    "plan_indexes",
    META,
    Column("plan_id", _Key, ForeignKey("plans.plan_id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# Append-only.
STEPS = Table(
    "steps",
    META,
    Column("fid", _Key, primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("at", Instant(raw=True), nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("note", Text),
    Column("score", Double),
    UniqueConstraint("event_id", "seq"),
    sqlite_autoincrement=True,
)

# How each event stands now: where, in which grid of the boundaries in force, open or not.
EVENT_STATE = Table(
    "event_state",
    META,
    Column("row", _Key, primary_key=True, autoincrement=False),  # of the table events
    Column("x", Double),  # in the CRS of the table events
    Column("y", Double),
    Column("grid_code", Text),  # the owner: dedicated before lowest base
    Column("base_code", Text),
    Column("day", Day),  # of the report, in the project's zone
    Column("category", Text, nullable=False),  # "" where it has none
    Column("open", Boolean, nullable=False),
)
Index("audit_rows", AUDIT.c.table_name, AUDIT.c.first_row)
# As SQLAlchemy writes the condition in a question: SQLite takes the index only if it reads the same.
Index(
    "event_state_open_place",
    EVENT_STATE.c.x,
    EVENT_STATE.c.y,
    sqlite_where=EVENT_STATE.c.open == true(),
    postgresql_where=EVENT_STATE.c.open,
)

# Events by lowest base grid ("" where in none), day ("" where unknown) and category: reported, and open still.
EVENT_DAYS = Table(
    "event_days",
    META,
    Column("day", Text, primary_key=True),  # first: a question is about some days of every grid
    Column("grid_code", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("reported", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    sqlite_with_rowid=False,
)
