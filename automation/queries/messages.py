"""Reads of messages by whoever holds a link that stands in one."""

from mailing.models import Message


def purpose_of_message(message_id: int, address_hash: bytes) -> str | None:
    """What the message was sent for (a purpose's code); None where none of this id went to this address."""
    found = Message.objects.filter(pk=message_id, address_hash=address_hash)
    return found.values_list("purpose", flat=True).first() or None
