"""The digest of what an event says: how a message id that comes again with another body is told from a retry. Pure.

Over type, name, ids, properties and traits as they were sent; not over context, times and retry marks, which differ
between honest retries. RudderStack's traits of a person stand in the context, and count.
"""

from hashlib import blake2b
from struct import Struct

import msgspec

from events.wire import EMPTY, Head, open_object

_as_signed = Struct(">q").unpack
_encode = msgspec.json.Encoder(decimal_format="number").encode


class _Context(msgspec.Struct):
    traits: msgspec.Raw = EMPTY


_contexts = msgspec.json.Decoder(_Context)


def digest_of(head: Head) -> int:
    """64 bits, signed, as the database holds them."""
    traits: msgspec.Raw | bytes = head.traits
    if traits is EMPTY and head.type == "identify":
        traits = _traits_beside(head.context)
    said = (
        f"{head.type}\0{head.event}\0{head.name}\0{head.category}\0{head.user_id}\0{head.anonymous_id}\0"
        f"{head.group_id}\0{head.previous_id}\0"
    )
    whole = b"%b%b\0%b" % (said.encode("utf-8", "surrogatepass"), head.properties, traits)
    found: int = _as_signed(blake2b(whole, digest_size=8).digest())[0]
    return found


def _traits_beside(context: msgspec.Raw) -> msgspec.Raw | bytes:
    """The traits in a context as they were sent: cleaned ones would differ once a source has another country."""
    if context is EMPTY or bytes(context) == b"null":
        return EMPTY
    try:
        return _contexts.decode(context).traits
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _encode(open_object(context).get("traits"))
