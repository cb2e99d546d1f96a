"""How each mailing table is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="mailing.Message",
        personal=("identifier_id", "address_hash", "occasion", "address", "subject", "html", "text", "message_id"),
        keyed_by="identifier_id or address_hash",
        export="every message with its address, subject, text and times",
        erase="address, subject, html, text and Message-ID are emptied, the occasion becomes a hash, and queued ones "
        "are suppressed; the rest is kept, so that an occasion is never mailed twice",
        retention="address, subject and text by the retention rule message_bodies; the rest until erased",
    ),
    Subject(
        model="mailing.Receipt",
        personal=("network", "url"),
        keyed_by="message",
        export="with its message: what became of it and when",
        erase="network and address of the link are emptied; its message names nobody any more",
        retention="network: three hours; the rest with its message",
    ),
    Subject(
        model="mailing.Brand",
        personal=("from_address", "reply_to"),
        keyed_by="nobody: addresses of the company",
        export="not given: the company's own addresses",
        erase="kept: they are the company's",
        retention="for ever",
    ),
)
