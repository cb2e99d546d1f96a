"""The present catalog as rules ask of it: kept in process, read anew when a trigger notes that a product changed."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from django.db.models import Count, Sum

from commerce.models import CatalogChange, Product
from lake.contracts import FACET_TYPES, Value, value_column
from lake.facets import facets_of
from segments.rules.facts import CatalogEntry
from segments.rules.products import product_key
from segments.rules.scope import CATALOG, GIVEN

MOST_TABLES = 64
Fingerprint = tuple[object, ...]


@dataclass(slots=True)
class _Kept:
    """Every product by its key. Of several spellings of a number the one a feed or a server told of counts."""

    fingerprint: Fingerprint
    entries: Mapping[str, CatalogEntry]
    ids: Mapping[str, str]
    tables: dict[tuple[Value, ...], pa.Table] = field(default_factory=dict)


_lock = threading.Lock()
_holder: list[_Kept] = []


def catalog_entries() -> Mapping[str, CatalogEntry]:
    """{product key: what the catalog says of it} of every product."""
    return _current().entries


def catalog_table(values: tuple[Value, ...]) -> pa.Table:
    """The table `catalog` that rules are given, with these facets of what they ask about products."""
    kept = _current()
    if values not in kept.tables:
        if len(kept.tables) >= MOST_TABLES:
            kept.tables.clear()
        kept.tables[values] = _table(kept, values)
    return kept.tables[values]


def forget_products() -> None:
    """Read the catalog afresh when it is asked next."""
    _holder.clear()


def _current() -> _Kept:
    fingerprint = tuple(CatalogChange.objects.aggregate(total=Sum("transaction"), count=Count("pk")).values())
    with _lock:
        if not _holder or _holder[0].fingerprint != fingerprint:
            _holder[:] = [_read(fingerprint)]
        return _holder[0]


def _read(fingerprint: Fingerprint) -> _Kept:
    rows = Product.objects.order_by("-from_feed", "-is_trusted", "product_id")
    entries: dict[str, CatalogEntry] = {}
    ids: dict[str, str] = {}
    for product_id, category, brand, attributes in rows.values_list("product_id", "category", "brand", "attributes"):
        key = product_key(product_id) or ""
        ids.setdefault(key, product_id)
        entries.setdefault(key, CatalogEntry(category, brand, attributes))
    return _Kept(fingerprint, entries, ids)


def _table(kept: _Kept, values: tuple[Value, ...]) -> pa.Table:
    keys = list(kept.entries)
    names = ("product_id", "product_key")
    assert GIVEN[CATALOG] == names
    columns: dict[str, pa.Array] = {
        "product_id": pa.array([kept.ids[key] for key in keys], pa.string()),
        "product_key": pa.array(keys, pa.string()),
    }
    for index, value in enumerate(values):
        facets = [facets_of(_told(entry, value.name)) for entry in kept.entries.values()]
        for facet in (each for each in FACET_TYPES if each in value.facets):
            found = [getattr(one, facet.value) for one in facets]
            columns[value_column(index, facet)] = pa.array(found, FACET_TYPES[facet])
    return pa.table(columns)


def _told(entry: CatalogEntry, name: str) -> Any:
    return {**entry.attributes, "category": entry.category or None, "brand": entry.brand or None}.get(name)
