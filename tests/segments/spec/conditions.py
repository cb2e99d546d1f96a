"""Conditions on traits; on properties of events they mean the same."""

from tests.segments.spec.cases import Case, Section, person


def _is(name: str, operator: str, *value: object) -> dict[str, object]:
    rule: dict[str, object] = {"trait": name, "is": operator}
    return rule | ({"value": value[0]} if value else {})


NUMBERS = Section(
    "Numbers",
    'A number is a JSON number or a text that is wholly a plain decimal: `18.99` and `"18.99"` are the same.',
    {
        "ada": person(spent=18.99),
        "ben": person(spent="18.990"),
        "cid": person(spent=20),
        "dot": person(spent="20 EUR"),
        "eva": person(spent=True),
        "fay": person(spent=-3),
        "gus": person(),
    },
    (
        Case(_is("spent", "eq", 18.99), "ada ben", "zeros at the end do not matter"),
        Case(_is("spent", "eq", "18.99"), "ada ben"),
        Case(_is("spent", "ne", 18.99), "cid dot eva fay gus", "missing and uncomparable values differ, too"),
        Case(_is("spent", "gt", 18.99), "cid", "texts and truth values have no place among numbers"),
        Case(_is("spent", "gte", 18.99), "ada ben cid"),
        Case(_is("spent", "lt", 18.99), "fay"),
        Case(_is("spent", "lte", 18.99), "ada ben fay"),
        Case(_is("spent", "between", [18.99, 20]), "ada ben cid", "both ends belong to it"),
        Case(_is("spent", "in", [20, "20 EUR"]), "cid dot", "a list may mix kinds"),
        Case(_is("spent", "not_in", [20, 18.99]), "dot eva fay gus"),
        Case(_is("spent", "eq", True), "eva", "true is no number"),
    ),
)
TEXT = Section(
    "Text",
    "`eq`, `in` and the order compare text exactly, by code point; `contains` and `starts_with` fold case.",
    {
        "ada": person(city="Berlin"),
        "ben": person(city="BERLIN-MITTE"),
        "cid": person(city="Straßburg"),
        "dot": person(city="01067"),
        "eva": person(city=""),
        "fay": person(city="it's \"here\"'); DROP TABLE events; --"),
        "gus": person(city=None),
        "hal": person(city=["Berlin"]),
    },
    (
        Case(_is("city", "eq", "Berlin"), "ada"),
        Case(_is("city", "eq", ""), "eva", "an empty text is a value"),
        Case(_is("city", "eq", "it's \"here\"'); DROP TABLE events; --"), "fay", "text is text, whatever it holds"),
        Case(_is("city", "contains", "berl"), "ada ben"),
        Case(_is("city", "contains", "'"), "fay"),
        Case(_is("city", "starts_with", "STRASS"), "cid", "ß folds to ss"),
        Case(_is("city", "starts_with", "01"), "dot", "a postcode keeps its zero"),
        Case(_is("city", "gte", "C"), "cid fay", "texts only: 01067 is a number"),
        Case(_is("city", "between", ["A", "Berlin"]), "ada ben", "capitals come before small letters"),
        Case(_is("city", "not_in", ["Berlin"]), "ben cid dot eva fay gus hal"),
    ),
)
PRESENCE = Section(
    "Known or not",
    "A comparison with a missing value is false; `is_set` and `is_not_set` ask whether there is one.",
    {
        "ada": person(vip=False),
        "ben": person(vip=None),
        "cid": person(),
        "dot": person(vip=[]),
        "eva": person(vip={"level": 2}),
        "fay": person(vip=0),
    },
    (
        Case(_is("vip", "is_set"), "ada dot eva fay", "false, zero and an empty list are known"),
        Case(_is("vip", "is_not_set"), "ben cid", "null is not"),
        Case(_is("vip", "eq", False), "ada"),
        Case(_is("vip", "ne", False), "ben cid dot eva fay"),
    ),
)
DATES = Section(
    "Dates",
    "ISO 8601 text (no zone means UTC) or an epoch in seconds. Milliseconds of today are past the range of numbers: "
    "they are text, and no date. Now is 2027-01-15 08:00 UTC.",
    {
        "ada": person(since="2027-01-15T08:00:00Z"),
        "ben": person(since="2027-01-08T09:00:00+01:00"),
        "cid": person(since="2027-01-08T08:00:00.000001Z"),
        "dot": person(since=1_800_000_000),
        "eva": person(since="2026-06-01"),
        "fay": person(since="2027-01-16"),
        "gus": person(since="soon"),
        "hal": person(since=20),
    },
    (
        Case(_is("since", "within_last", {"days": 7}), "ada cid dot", "(now − 7 × 86,400 s, now]: the far end is out"),
        Case(_is("since", "before", "2027-01-01"), "eva"),
        Case(_is("since", "after", "2027-01-15T08:00:00Z"), "fay", "the instant itself is neither before nor after"),
        Case(_is("since", "within_next", {"days": 1}), "fay", "(now, now + 86,400 s]: now is past, the far end is in"),
    ),
)
ANNIVERSARIES = Section(
    "Birthdays and other anniversaries",
    "`anniversary_within_next` looks at day and month: today and so many days ahead, by the company's calendar (here "
    "that of Europe/Berlin, where it is 15 January). A date is the day it names; an instant the day it was by the "
    "company's standard time. 29 February falls on the 28th in other years. A year that is still to come "
    "makes no difference.",
    {
        "ada": person(born="1990-01-15"),
        "ben": person(born="1984-01-22"),
        "cid": person(born="2001-01-23"),
        "dot": person(born="1996-02-29"),
        "eva": person(born="1970-01-14"),
        "fay": person(born="2026-01-14T23:30:00Z"),
        "gus": person(born="someday"),
        "hal": person(born="2030-01-20"),
        "ida": person(),
    },
    (
        Case(_is("born", "anniversary_within_next", {"days": 7}), "ada ben fay hal", "fay's was on the 15th in Berlin"),
        Case(
            _is("born", "anniversary_within_next", {"days": 44}), "ada ben cid dot fay hal", "44 days on is 28 February"
        ),
        Case(_is("born", "anniversary_within_next", {"days": 43}), "ada ben cid fay hal"),
        Case(_is("born", "anniversary_within_next", {"days": 364}), "ada ben cid dot eva fay hal"),
        Case({"not": _is("born", "anniversary_within_next", {"days": 363})}, "eva gus ida", "hers was yesterday"),
    ),
)
SECTIONS = (NUMBERS, TEXT, PRESENCE, DATES, ANNIVERSARIES)
