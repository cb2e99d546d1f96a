"""How the lake's tables, and its files beside them, are exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="lake.ErasedRow",
        personal=("key",),
        keyed_by="key: the id of a row that is gone",
        export="not exported: it exists only after an erasure, and points to nothing",
        erase="made by erasure: the files hold copies of events with their properties, traits, orders and which "
        "identifier is whose (no identifier's value); this note hides the copies at once and has the projector rewrite "
        "the files without them; the old files are deleted within half an hour",
        retention="two hours after the files are rid of the row",
    ),
)
