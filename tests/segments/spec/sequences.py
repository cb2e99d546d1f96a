"""Steps in order of event time, each soon after the one before; and what did not follow."""

from tests.segments.spec.cases import Case, Section, did, person

VIEWED, ADDED, BOUGHT = "Product Viewed", "Product Added", "Order Completed"
HOUR = 1 / 24
MINUTE = HOUR / 60

ORDER = Section(
    "One after the other",
    "A step's event is later than the one before it, and at most `after` later; both are event times. All lie in "
    "`within`.",
    {
        "ada": person(did(VIEWED, 3), did(ADDED, 3 - HOUR), did(BOUGHT, 1)),
        "ben": person(did(ADDED, 3), did(VIEWED, 2)),
        "cid": person(did(VIEWED, 2), did(ADDED, 2)),
        "dot": person(did(VIEWED, 9), did(VIEWED, 3), did(ADDED, 3 - HOUR, 1), did(BOUGHT, 3 - 2 * HOUR)),
        "eva": person(did(VIEWED, 1), did(ADDED, -1)),
        "fay": person(did(VIEWED, 5, price=5), did(VIEWED, 2, price=50), did(VIEWED, 1, price=60)),
    },
    (
        Case({"sequence": [{"did": VIEWED}, {"did": ADDED}]}, "ada dot", "cid's are of one instant, eva's is to come"),
        Case(
            {"sequence": [{"did": VIEWED}, {"did": ADDED, "after": {"hours": 1}}]},
            "ada",
            "dot's came a microsecond too late",
        ),
        Case({"sequence": [{"did": VIEWED}, {"did": ADDED}, {"did": BOUGHT, "after": {"hours": 2}}]}, "dot"),
        Case({"sequence": [{"did": VIEWED}, {"did": ADDED}, {"did": BOUGHT}], "within": {"days": 2}}, ""),
        Case({"sequence": [{"did": VIEWED}, {"did": ADDED}], "within": {"days": 4}}, "ada dot"),
        Case(
            {
                "sequence": [
                    {"did": VIEWED, "where": [{"property": "price", "is": "gte", "value": 20}]},
                    {"did": VIEWED, "after": {"days": 2}},
                ]
            },
            "fay",
            "an event is not later than itself",
        ),
        Case({"sequence": [{"did": "*"}, {"did": "*"}, {"did": "*"}, {"did": "*"}]}, "dot"),
    ),
)
ABSENCE = Section(
    "And did not",
    "A last `did_not` holds once its bound has passed without such an event; one at the bound itself still counts.",
    {
        "ada": person(did(ADDED, 2)),
        "ben": person(did(ADDED, 2), did(BOUGHT, 1)),
        "cid": person(did(ADDED, 2), did(BOUGHT, 1, -1)),
        "dot": person(did(ADDED, 2), did(BOUGHT, 1, 1)),
        "eva": person(did(ADDED, 1)),
        "fay": person(did(ADDED, 1, 1)),
        "gus": person(did(ADDED, 9), did(BOUGHT, 8.5), did(ADDED, 3)),
        "hal": person(did(BOUGHT, 3), did(ADDED, 2), did(ADDED, 1.5), did(BOUGHT, 0.75)),
    },
    (
        Case(
            {"sequence": [{"did": ADDED}, {"did_not": BOUGHT, "after": {"hours": 24}}]},
            "ada dot eva gus hal",
            "fay's day ends in a microsecond; hal bought within a day of the second only",
        ),
        Case(
            {"sequence": [{"did": ADDED}, {"did_not": BOUGHT, "after": {"hours": 24}}], "within": {"days": 2}},
            "eva",
            "what happened two days ago has left",
        ),
        Case(
            {"sequence": [{"did": ADDED}, {"did": BOUGHT}, {"did_not": "*", "after": {"minutes": 30}}]},
            "ben cid dot gus hal",
        ),
    ),
)
SECTIONS = (ORDER, ABSENCE)
