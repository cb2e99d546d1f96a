"""The projections there are, as the roof registers them (settings.LAKE_PROJECTIONS): the lake sees no app above it."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from lake.contracts import Projection


class UnknownTableError(LookupError):
    """A table that no app declares."""


def projections() -> tuple[Projection, ...]:
    """Every declared projection."""
    declared: Callable[[], tuple[Projection, ...]] = import_string(settings.LAKE_PROJECTIONS)
    return declared()


def projection(name: str) -> Projection:
    """The projection of that name. Raises UnknownTableError with the names there are."""
    known = {one.name: one for one in projections()}
    if name not in known:
        raise UnknownTableError(f"the lake has no table {name!r}; it has {', '.join(known)}")
    return known[name]
