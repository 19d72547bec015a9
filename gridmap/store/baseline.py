"""Rows that were there before the log: their digests go into it, so that a later change shows."""

from sqlalchemy import func, select

from gridmap.store import content
from gridmap.store.fingerprint import Fingerprint
from gridmap.store.home import Transaction
from gridmap.store.tables import AUDIT


def note(transaction: Transaction) -> None:
    """Note the digest of every table of the project that no entry of the log vouches for yet."""
    connection = transaction.connection
    vouched = set(connection.execute(select(AUDIT.c.table_name).where(AUDIT.c.digest.is_not(None)).distinct()).scalars())
    for name, each in content.tables(connection).items():
        if each.described is None or name in vouched:
            continue
        mark = Fingerprint(list(each.table.columns)[1:])
        for columns in content.read(connection, each):
            mark.add(columns[1:])
        key = each.table.c[each.key[0]]
        first, last = connection.execute(select(func.min(key), func.max(key))).one()
        count = 0 if first is None else last - first + 1
        transaction.note("adopt", name, first=first or 0, count=count, what={"rows": mark.rows}, digest=mark.told())
