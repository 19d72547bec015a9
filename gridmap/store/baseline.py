"""Rows that were there before the log: their digests go into it, so that a later change shows."""

from sqlalchemy import select

from gridmap.store import seals
from gridmap.store.home.base import Transaction
from gridmap.store.styles import STYLES
from gridmap.store.tables import content
from gridmap.store.tables.own import AUDIT


def note(transaction: Transaction) -> None:
    """Note the digest of every table of the project that no entry of the log vouches for yet."""
    connection = transaction.connection
    vouched = set(connection.execute(select(AUDIT.c.table_name).where(AUDIT.c.digest.is_not(None)).distinct()).scalars())
    for name, each in content.tables(connection).items():
        if (
            each.described is not None and name not in vouched and name != STYLES.name
        ):  # whose rows QGIS changes when somebody draws otherwise
            note_table(transaction, each)


def note_table(transaction: Transaction, each: content.Content) -> None:
    """Note the digest of a table as it stands."""
    digest, what = seals.whole(transaction.connection, each)
    first, last = what["between"]
    transaction.note("adopt", each.table.name, first=first, count=last - first + 1 if last else 0, what=what, digest=digest)
