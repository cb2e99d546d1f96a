"""How each table of events is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="events.Inbox",
        personal=("body", "facts"),
        keyed_by="the (inbox_id, index) of the person's events",
        export="not exported: every event in it is, from the log",
        erase="the person's items are blanked in the body; the head, too, where no other item is left",
        retention="INBOX_KEEP_DAYS (30) after it was processed; while an item of it is open in quarantine",
    ),
    Subject(
        model="events.StoredMessage",
        personal=("message_hash",),
        keyed_by="message_hash of the person's events",
        export="not exported: a hash of a random id says nothing about a person",
        erase="kept, so that a replayed or restored message is still known",
        retention="for ever",
    ),
    Subject(
        model="events.MessageConflict",
        personal=("message_hash",),
        keyed_by="message_hash of the person's events",
        export="not exported: it says that a client contradicted itself, and nothing of what it said",
        erase="kept: hashes of a random id and of a body",
        retention="for ever",
    ),
    Subject(
        model="events.Event",
        personal=("identifier_id", "message_hash", "properties", "context", "cart_id", "order_id"),
        keyed_by="identifier_id",
        export="type, name, time, properties and context of each event",
        erase="deleted with the identifier it hangs on",
        retention="as long as its identifier, or by the retention rule events",
    ),
    Subject(
        model="events.RejectedEvent",
        personal=("raw", "edited", "detail", "note"),
        keyed_by="found by searching the raw bytes: what was rejected hangs on nobody",
        export="items that name an identifier of the person, as raw text",
        erase="raw and edited bytes that name an erased identifier are emptied",
        retention="90 days after it was resolved; open ones by the retention rule quarantine",
    ),
)
