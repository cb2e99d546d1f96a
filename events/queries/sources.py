"""Sources by write key and by id, kept for three seconds in each process: the door asks for them at every request."""

import time

from events.contracts import SourceFacts
from events.models import Source
from events.trust import trust_of

KEPT_S = 3.0
MOST_KEPT = 4096
_by_key: dict[str, tuple[float, SourceFacts | None]] = {}
_by_id: dict[int, tuple[float, SourceFacts | None]] = {}


def source_by_write_key(key: str) -> SourceFacts | None:
    """The source this write key names, enabled or not; None for an unknown key. Up to three seconds old."""
    kept = _by_key.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    facts = _facts(Source.objects.filter(write_key=key).first()) if key.isprintable() else None
    if len(_by_key) >= MOST_KEPT:
        _by_key.clear()
    # An unknown key is not kept: a source made a moment ago works at once.
    if facts is not None:
        _by_key[key] = (time.monotonic() + KEPT_S, facts)
    return facts


def source_by_id(source_id: int) -> SourceFacts | None:
    """The source with this id. Up to three seconds old."""
    kept = _by_id.get(source_id)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    facts = _facts(Source.objects.filter(pk=source_id).first())
    if facts is not None:
        _by_id[source_id] = (time.monotonic() + KEPT_S, facts)
    return facts


def source_names() -> dict[int, str]:
    """{source id: its name} of all there are: a shop has a handful."""
    return dict(Source.objects.order_by("name", "pk").values_list("pk", "name"))


def forget_sources() -> None:
    """Look sources up afresh from now on, in this process."""
    _by_key.clear()
    _by_id.clear()


def _facts(source: Source | None) -> SourceFacts | None:
    if source is None:
        return None
    trust = trust_of(source.kind, source.asserts, source.with_token)
    return SourceFacts(source.pk, source.name, source.kind, source.enabled, trust, source.country.upper())
