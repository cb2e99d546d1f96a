"""The newest words of each purpose and locale, and the newest privacy notice; kept for three seconds a process."""

import time
from collections.abc import Mapping
from types import MappingProxyType

from consent.contracts import NoticeFacts, WordingFacts
from consent.models import Notice, Wording

KEPT_S = 3.0
_kept: list[tuple[float, Mapping[tuple[str, str], WordingFacts], NoticeFacts | None]] = []


def words_now() -> Mapping[tuple[str, str], WordingFacts]:
    """{(purpose, locale): the newest words}."""
    return _now()[1]


def newest_notice() -> NoticeFacts | None:
    """The newest version; None: none was published."""
    return _now()[2]


def forget_words() -> None:
    """Read words and notice afresh from now on, in this process."""
    _kept.clear()


def wording_facts(row: Wording) -> WordingFacts:
    """A row as it crosses the border."""
    return WordingFacts(row.pk, row.purpose_id, row.version, row.locale, row.title, row.text, bytes(row.sha256))


def _now() -> tuple[float, Mapping[tuple[str, str], WordingFacts], NoticeFacts | None]:
    if not _kept or _kept[0][0] <= time.monotonic():
        newest = Wording.objects.order_by("purpose_id", "locale", "-version").distinct("purpose_id", "locale")
        words = {(row.purpose_id, row.locale): wording_facts(row) for row in newest}
        _kept[:] = [(time.monotonic() + KEPT_S, MappingProxyType(words), _notice())]
    return _kept[0]


def _notice() -> NoticeFacts | None:
    row = Notice.objects.order_by("-version").first()
    return None if row is None else NoticeFacts(row.version, row.url, row.summary, row.ask_again, row.published_at)
