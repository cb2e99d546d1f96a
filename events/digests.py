"""The digest of what an event says: how a message id that comes again with another body is told from a retry. Pure.

Over type, name, ids, properties and traits as they were sent; not over context, times and retry marks, which differ
between honest retries. RudderStack's traits of a person stand in the context, and count.
"""

from hashlib import blake2b

import msgspec

from events.items import OpenItem
from events.wire import EMPTY, Head

_encode = msgspec.json.Encoder(decimal_format="number").encode


def digest_of(head: Head, opened: OpenItem) -> int:
    """64 bits, signed, as the database holds them."""
    said = (
        f"{head.type}\0{head.event}\0{head.name}\0{head.category}\0{head.user_id}\0{head.anonymous_id}\0"
        f"{head.group_id}\0{head.previous_id}\0"
    ).encode("utf-8", "surrogatepass")
    traits = bytes(head.traits)
    if head.type == "identify" and head.traits is EMPTY:
        traits = _encode(opened.traits)
    found = blake2b(said, digest_size=8)
    found.update(bytes(head.properties))
    found.update(b"\0")
    found.update(traits)
    return int.from_bytes(found.digest(), "big", signed=True)
