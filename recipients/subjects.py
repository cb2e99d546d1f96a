"""How each table of recipients is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="recipients.Delivery",
        personal=("profile_id", "identifier_id", "facts"),
        keyed_by="identifier_id or profile_id",
        export="who was told what, when, or why not",
        erase="waiting ones end; ids and facts are emptied",
        retention="by the retention rule deliveries",
    ),
    Subject(
        model="recipients.Disclosure",
        personal=("profile_id",),
        keyed_by="profile_id",
        export="to whom the person was disclosed, since when and how often",
        erase="deleted, once each of these recipients is to be told of the erasure",
        retention="until erased: it says who must be told then",
    ),
)
