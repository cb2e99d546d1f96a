"""Reads of the lake: snapshots that engines are given, and how each table stands."""

from lake.queries.snapshot import Snapshot, snapshot
from lake.queries.status import TableStatus, lag_s, status

__all__ = ["Snapshot", "TableStatus", "lag_s", "snapshot", "status"]
