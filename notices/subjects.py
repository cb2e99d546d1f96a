"""How each table of order mails is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="notices.Reached",
        personal=("identifier_id", "order_id", "key", "facts"),
        keyed_by="identifier_id",
        export="order, stage, what came of it and times; the mails themselves are mailing's",
        erase="deleted with the identifier; a waiting one never mails",
        retention="90 days by the retention rule order_stages; until erased",
    ),
)
