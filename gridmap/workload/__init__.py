"""Workload: minutes of work per grid and how evenly they lie, and the posts that do it."""

from gridmap.workload.balance import Balance, balance
from gridmap.workload.index import DEFAULT_MINUTES, index
from gridmap.workload.staffing import check, posts, totals

__all__ = ["DEFAULT_MINUTES", "Balance", "balance", "check", "index", "posts", "totals"]
