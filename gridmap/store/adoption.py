"""A plain project becomes one that keeps plans, states of events and a log: what is there is taken over."""

from gridmap.store import plans
from gridmap.store.home import Transaction


def adopt(transaction: Transaction) -> None:
    """Take over the boundaries and the events that a project holds already."""
    transaction.note("adopt", "store_state")
    plans.adopt(transaction)
