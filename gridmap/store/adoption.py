"""A plain project becomes one that keeps plans, states of events and a log: what is there is taken over."""

from gridmap.store import baseline, homes
from gridmap.store.actor import Actor
from gridmap.store.events import state
from gridmap.store.home.base import Transaction
from gridmap.store.plans import first_plan
from gridmap.store.project import Project


def adopt(transaction: Transaction) -> None:
    """Take over the boundaries and the events that a project holds already."""
    transaction.note("adopt", "store_state")
    first_plan.adopt(transaction)
    baseline.note(transaction)
    state.adopt(transaction)


def adopt_project(project: Project, actor: Actor) -> None:
    """Take over a plain project that holds boundaries: they become its first published plan.

    Raises
    ------
    StoreError
        If its boundaries are no plan, and the line says why; or it cannot be written. Nothing is changed then.
    """

    def work(transaction: Transaction) -> None:
        first_plan.require(transaction)
        adopt(transaction)

    homes.of(project).write(work, actor=actor)
