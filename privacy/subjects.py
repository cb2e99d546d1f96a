"""How each table of privacy is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="privacy.Request",
        personal=("address", "address_hash", "person", "wishes"),
        keyed_by="address_hash",
        export="what was asked, when, and what became of it",
        erase="address, person and wishes are emptied when it ends; that it was asked and done stays as evidence",
        retention="without personal data for ever",
    ),
    Subject(
        model="privacy.Link",
        personal=("address_hash", "facts"),
        keyed_by="address_hash",
        export="not exported: a hash of a link that is used once",
        erase="deleted",
        retention="by the retention rule links (30 days after it expired)",
    ),
    Subject(
        model="privacy.Letter",
        personal=("address", "address_hash", "facts"),
        keyed_by="address_hash",
        export="which letters were sent, and when",
        erase="the address is emptied once it was sent; waiting ones are dropped",
        retention="by the retention rule letters (90 days)",
    ),
    Subject(
        model="privacy.Export",
        personal=("file",),
        keyed_by="its request",
        export="not exported: it is the export",
        erase="the file is deleted",
        retention="the file for 7 days",
    ),
)
