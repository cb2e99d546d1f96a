"""Messages queued, called off and let go again: written with their cause, in the caller's transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime

from cdp.lib import bulk_sql
from cdp.lib.hashing import address_hash
from cdp.outbox.services import publish, wake
from mailing.contracts import NewMessage
from mailing.models import Message, PaceMark
from mailing.senders import UnknownSender, declared_senders

CONSUMER = "mailing.send"
ONCE = ("sender", "sender_id", "step", "address_hash", "occasion")
INSERT = """
INSERT INTO mailing_message (sender, sender_id, about_id, label, step, occasion, channel, kind, purpose, template,
  template_version, variant, locale, address_hash, address, identifier_id, state, reason, message_id, subject, html,
  text, attempts, queued_at, not_before_at, lane)
SELECT sender, sender_id, about_id, label, step, occasion, channel, kind, purpose, template, template_version, variant,
  '', address_hash, address, identifier_id, 'queued', '', '', '', '', '', 0, %s::timestamptz, not_before_at, lane
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::text[], %s::integer[], %s::text[], %s::bytea[], %s::text[], %s::bigint[], %s::timestamptz[],
  %s::smallint[]) WITH ORDINALITY AS new(sender, sender_id, about_id, label, step, occasion, channel, kind, purpose,
  template, template_version, variant, address_hash, address, identifier_id, not_before_at, lane, n)
ORDER BY n ON CONFLICT (sender, sender_id, step, address_hash, occasion) DO NOTHING
RETURNING id, sender, sender_id, step, address_hash, occasion
"""


def queue(new: Sequence[NewMessage], *, now: datetime) -> list[int | None]:
    """Queue messages in the caller's transaction; the id of each, in their order, or None where it was queued before
    (also earlier in `new`). Raises UnknownSender; the database refuses marketing messages without a purpose."""
    if not new:
        return []
    known = declared_senders()
    for key in {one.sender for one in new}:
        if key not in known:
            raise UnknownSender(key, known)
    hashes = [address_hash(one.address) for one in new]
    rows = bulk_sql.fetch(INSERT, [now, *_columns(new, hashes)])
    made: dict[tuple[object, ...], int | None] = {(*row[1:4], bytes(row[4]), row[5]): row[0] for row in rows}
    wake(CONSUMER)
    return [
        made.pop((one.sender, one.sender_id, one.step, hashed, one.occasion), None)
        for one, hashed in zip(new, hashes, strict=True)
    ]


def _columns(new: Sequence[NewMessage], hashes: list[bytes]) -> list[list[object]]:
    texts = ("label", "step", "occasion", "channel", "kind", "purpose", "template")
    return [
        [one.sender for one in new],
        [one.sender_id for one in new],
        [one.about_id for one in new],
        *[[getattr(one, name) for one in new] for name in texts],
        [one.template_version for one in new],
        [one.variant for one in new],
        list(hashes),
        [one.address for one in new],
        [one.identifier_id for one in new],
        [one.not_before_at for one in new],
        [0 if one.kind == Message.Kind.TRANSACTIONAL else one.lane for one in new],
    ]


def cancel(
    sender: str, *, about_ids: Collection[int] = (), sender_id: int | None = None, reason: str, now: datetime
) -> int:
    """Suppress queued messages of a sender: those about these rows of its, or all of one journey or campaign; how many.

    The sender does so itself, so its `concluded` is not called. What is being handed over goes on.
    """
    queued = Message.objects.filter(sender=sender, state=Message.State.QUEUED)
    if sender_id is not None:
        queued = queued.filter(sender_id=sender_id)
    if about_ids:
        queued = queued.filter(about_id__in=list(about_ids))
    elif sender_id is None:
        return 0
    ids = list(queued.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids).update(state=Message.State.SUPPRESSED, reason=reason, finished_at=now)
    if ids:
        publish("message.finished", {"message_ids": ids})
    if ids and not about_ids:
        PaceMark.objects.filter(line__isnull=False).update(line=None)  # whoever comes next lines up behind nobody
    return len(ids)


def look_again(sender: str, sender_id: int) -> int:
    """Have queued messages of a journey or campaign asked about now, whatever they were held back for; how many. For a
    sender that goes on after a pause."""
    held = Message.objects.filter(sender=sender, sender_id=sender_id, state=Message.State.QUEUED)
    wake(CONSUMER)
    return held.filter(not_before_at__isnull=False).update(not_before_at=None)
