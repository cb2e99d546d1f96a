"""What somebody did: how often, when, under which conditions; and clauses together."""

from tests.segments.spec.cases import Case, Section, did, on, person

VIEWED, BOUGHT = "Product Viewed", "Order Completed"
COUNTS = Section(
    "How often",
    '`count` is at least 1 unless said; `{"eq": 0}` is “did not”, and takes in everybody of whom nothing is known.',
    {
        "ada": person(did(BOUGHT, 1), did(BOUGHT, 40), did(BOUGHT, 400)),
        "ben": person(did(BOUGHT, 5), did(BOUGHT, 5)),
        "cid": person(did(VIEWED, 1)),
        "dot": person(did("Signed Up", 1)),
        "eva": person(),
    },
    (
        Case({"did": BOUGHT}, "ada ben"),
        Case({"did": "Completed Order"}, "ada ben", "an older name of the event means the same"),
        Case({"did": BOUGHT, "count": {"gte": 3}}, "ada"),
        Case({"did": BOUGHT, "count": {"lte": 2}}, "ben cid dot eva"),
        Case({"did": BOUGHT, "count": {"eq": 2}}, "ben", "two events of one instant are two"),
        Case({"did": BOUGHT, "count": {"between": [2, 3]}}, "ada ben"),
        Case({"did": BOUGHT, "count": {"eq": 0}}, "cid dot eva"),
    ),
)
WINDOWS = Section(
    "When",
    '`{"days": n}` is (now − n × 86,400 s, now]; `{"between": [from, until]}` leaves its end out; '
    "without `within`, ever. An event dated in the future counts when its instant comes.",
    {
        "ada": person(did(VIEWED, 30)),
        "ben": person(did(VIEWED, 30, 1)),
        "cid": person(did(VIEWED, 0)),
        "dot": person(did(VIEWED, -1)),
        "eva": person(did(VIEWED, 14.333333333333334)),
        "fay": person(did(VIEWED, 45.333333333333336)),
    },
    (
        Case({"did": VIEWED}, "ada ben cid eva fay", "dot's comes tomorrow"),
        Case({"did": VIEWED, "within": {"days": 30}}, "ben cid eva", "exactly 30 days ago is out, now is in"),
        Case(
            {"did": VIEWED, "within": {"between": ["2026-12-01", "2027-01-01"]}}, "ada ben fay", "eva's is at its end"
        ),
        Case({"did": VIEWED, "within": {"days": 30}, "count": {"eq": 0}}, "ada dot fay"),
    ),
)
CALENDAR = Section(
    "By the calendar",
    '`{"calendar": …}` is a stretch of the company\'s calendar (here that of Europe/Berlin, where it is 09:00 on '
    "Friday, 15 January 2027): `today`, `this_week` (from Monday), `this_month`, `this_quarter`, `this_year`, each up "
    "to now, and `yesterday`, `last_week`, `last_month`, `last_quarter`, `last_year`, each whole.",
    {
        "ada": person(did(VIEWED, 9 / 24)),
        "ben": person(did(VIEWED, 9 / 24, -1)),
        "cid": person(did(VIEWED, 4 + 9 / 24)),
        "dot": person(did(VIEWED, 4 + 9 / 24, -1)),
        "eva": person(did(VIEWED, 14 + 9 / 24)),
        "fay": person(did(VIEWED, 14 + 9 / 24, -1)),
        "gus": person(did(VIEWED, 45 + 9 / 24, -1)),
        "hal": person(did(VIEWED, 106 + 10 / 24)),
        "ida": person(did(VIEWED, 106 + 10 / 24, -1)),
        "jon": person(did(VIEWED, -1 / 24)),
    },
    (
        Case({"did": VIEWED, "within": {"calendar": "today"}}, "ada", "from midnight in Berlin, 23:00 UTC"),
        Case({"did": VIEWED, "within": {"calendar": "yesterday"}}, "ben"),
        Case({"did": VIEWED, "within": {"calendar": "this_week"}}, "ada ben cid"),
        Case({"did": VIEWED, "within": {"calendar": "last_week"}}, "dot"),
        Case({"did": VIEWED, "within": {"calendar": "this_month"}}, "ada ben cid dot eva"),
        Case({"did": VIEWED, "within": {"calendar": "last_month"}}, "fay", "December, until its last moment"),
        Case({"did": VIEWED, "within": {"calendar": "this_quarter"}}, "ada ben cid dot eva"),
        Case(
            {"did": VIEWED, "within": {"calendar": "last_quarter"}},
            "fay gus hal",
            "from 1 October, which began by summer time at 22:00 UTC",
        ),
        Case({"did": VIEWED, "within": {"calendar": "this_year"}}, "ada ben cid dot eva"),
        Case({"did": VIEWED, "within": {"calendar": "last_year"}}, "fay gus hal ida"),
    ),
)
ANYTHING = Section(
    "Anything, anywhere",
    '`"*"` is every event; `channel` takes only those of a channel, of a named event too.',
    {
        "ada": person(on("web", did(VIEWED, 1))),
        "ben": person(on("web", did(VIEWED, 40)), on("app", did(BOUGHT, 1))),
        "cid": person(on("Web", did(BOUGHT, 1))),
        "dot": person(did(BOUGHT, 1)),
        "eva": person(),
    },
    (
        Case({"did": "*"}, "ada ben cid dot"),
        Case({"did": "*", "channel": "web"}, "ada ben", "exactly as it is written"),
        Case({"did": "*", "channel": "web", "within": {"days": 30}}, "ada"),
        Case({"did": BOUGHT, "channel": "app"}, "ben"),
        Case({"did": "*", "count": {"eq": 2}}, "ben"),
        Case({"did": "*", "channel": "web", "count": {"eq": 0}}, "cid dot eva"),
    ),
)
WHERE = Section(
    "Which ones",
    "`where` counts the events that meet every condition.",
    {
        "ada": person(did(VIEWED, 1, category="Shoes", price="25.00"), did(VIEWED, 2, category="Shoes", price=99)),
        "ben": person(did(VIEWED, 1, category="Shoes", price=19.99), did(VIEWED, 1, category="Hats", price=99)),
        "cid": person(did(VIEWED, 1, category="shoes", price=50)),
        "dot": person(did(BOUGHT, 1, category="Shoes", price=50)),
        "eva": person(did(VIEWED, 1, price=50, seen="2027-01-14")),
    },
    (
        Case(
            {
                "did": VIEWED,
                "where": [
                    {"property": "category", "is": "eq", "value": "Shoes"},
                    {"property": "price", "is": "gte", "value": 20},
                ],
            },
            "ada",
            "both conditions on one event",
        ),
        Case({"did": VIEWED, "where": [{"property": "category", "is": "contains", "value": "SHOE"}]}, "ada ben cid"),
        Case({"did": VIEWED, "where": [{"property": "category", "is": "is_not_set"}]}, "eva"),
        Case({"did": VIEWED, "where": [{"property": "category", "is": "ne", "value": "Shoes"}]}, "ben cid eva"),
        Case({"did": VIEWED, "where": [{"property": "seen", "is": "within_last", "value": {"days": 2}}]}, "eva"),
        Case(
            {"did": VIEWED, "where": [{"property": "price", "is": "lt", "value": 20}], "count": {"eq": 0}},
            "ada cid dot eva",
        ),
    ),
)
LOGIC = Section(
    "Together",
    "An empty `all` is everybody, an empty `any` nobody. Every clause is true or false, never unknown.",
    {
        "ada": person(did(VIEWED, 1), country="DE"),
        "ben": person(did(VIEWED, 1), did(BOUGHT, 1), country="DE"),
        "cid": person(country="AT"),
        "dot": person(did(BOUGHT, 1)),
    },
    (
        Case({"all": []}, "ada ben cid dot"),
        Case({"any": []}, ""),
        Case({"not": {"all": []}}, ""),
        Case({"all": [{"did": VIEWED}, {"not": {"did": BOUGHT}}]}, "ada"),
        Case({"any": [{"did": BOUGHT}, {"trait": "country", "is": "eq", "value": "AT"}]}, "ben cid dot"),
        Case(
            {"not": {"trait": "country", "is": "eq", "value": "DE"}}, "cid dot", "not takes in those without a country"
        ),
        Case(
            {
                "all": [
                    {"any": [{"did": VIEWED}, {"did": BOUGHT}]},
                    {"not": {"all": [{"did": VIEWED}, {"did": BOUGHT}]}},
                ]
            },
            "ada dot",
        ),
    ),
)
SECTIONS = (COUNTS, WINDOWS, CALENDAR, WHERE, ANYTHING, LOGIC)
