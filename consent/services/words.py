"""Publishing words and notices: each a new version, nothing is ever changed."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from consent.contracts import NoticeFacts, WordingFacts
from consent.models import Notice, Purpose, Wording
from consent.words_in_force import forget_words, newest_notice, wording_facts

LONGEST_TITLE, LONGEST_TEXT = 120, 2_000


def words_sha256(title: str, text: str) -> bytes:
    """32 bytes: of title, a line feed, and text, in UTF-8."""
    return hashlib.sha256(f"{title}\n{text}".encode()).digest()


@transaction.atomic
def publish_wording(
    purpose: str, texts: Mapping[str, tuple[str, str]], *, now: datetime, made_by_id: int | None = None
) -> dict[str, WordingFacts]:
    """Publish {locale: (title, text)} of a purpose as its next version; {locale: the words that hold now}.

    Words that did not change stay the version they are; where none changed there is no new version.
    """
    Purpose.objects.select_for_update().get(pk=purpose)
    mine = Wording.objects.filter(purpose_id=purpose)
    newest = {row.locale: row for row in mine.order_by("locale", "-version").distinct("locale")}
    version = (mine.aggregate(last=Max("version"))["last"] or 0) + 1
    found: dict[str, WordingFacts] = {}
    for locale, (title, text) in sorted(texts.items()):
        sha256, held = words_sha256(title, text), newest.get(locale)
        if held is None or bytes(held.sha256) != sha256:
            held = Wording.objects.create(
                purpose_id=purpose,
                version=version,
                locale=locale,
                title=title,
                text=text,
                sha256=sha256,
                made_at=now,
                made_by_id=made_by_id,
            )
        found[locale] = wording_facts(held)
    forget_words()
    transaction.on_commit(forget_words)
    return found


@transaction.atomic
def publish_notice(
    *, url: str, summary: Mapping[str, str], ask_again: bool, now: datetime, published_by_id: int | None = None
) -> NoticeFacts:
    """Publish the next version of the privacy notice. With `ask_again` answers under older versions are asked anew."""
    last = Notice.objects.select_for_update().order_by("-version").first()
    Notice.objects.create(
        version=last.version + 1 if last else 1,
        url=url,
        summary=dict(summary),
        ask_again=ask_again,
        published_at=now,
        published_by_id=published_by_id,
    )
    forget_words()
    transaction.on_commit(forget_words)
    found = newest_notice()
    if found is None:
        raise RuntimeError("the notice just published is gone")
    return found
