"""How each automation table is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="automation.Enrollment",
        personal=("identifier_id", "cart_key", "facts"),
        keyed_by="identifier_id",
        export="journey, cart key, what its trigger told, state, reason, times, and each step that was passed",
        erase="deleted with the identifier, and the steps it passed with it; a waiting one never mails",
        retention="until erased",
    ),
    Subject(
        model="automation.Browsing",
        personal=("identifier_id", "product_ids"),
        keyed_by="identifier_id",
        export="the products they were looking at, and when",
        erase="deleted",
        retention="until they were away for the idle time of the journey, 30 days at most",
    ),
    Subject(
        model="automation.BackTestLine",
        personal=("identifier_id",),
        keyed_by="identifier_id",
        export="not given: it tells what a journey would have done, nothing that was done",
        erase="deleted with the identifier",
        retention="deleted by the retention rule back_tests",
    ),
)
