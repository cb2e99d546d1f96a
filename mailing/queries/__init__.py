"""Reads of mailing."""

from mailing.contracts import Asked, Permission
from mailing.queries.permitting import permitted

__all__ = ["Asked", "Permission", "permitted"]
