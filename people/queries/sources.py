"""Which source said something: by the message that a trait or link keeps as its evidence."""

from collections.abc import Collection

from events.models import StoredMessage
from events.queries import source_names


def of_messages(hashes: Collection[str]) -> dict[str, int]:
    """{message hash as hex: source id}; a probe a source and hash, by the key of the stored messages."""
    wanted = [bytes.fromhex(one) for one in hashes if one]
    rows = StoredMessage.objects.filter(source_id__in=list(source_names()), message_hash__in=wanted)
    return {bytes(found).hex(): source_id for source_id, found in rows.values_list("source_id", "message_hash")}
