"""Learning what comes: exact counts, bounded properties, masked samples, and declaring from what was seen."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from cdp.lib.clock import utc_now
from events.models import Event, Source
from plans import queries, services
from plans.checking import Checker
from plans.contracts import BadPlan, Observation
from plans.inferring import MOST_PATHS, MOST_SAMPLES, look_at, personal_of, schema_of
from plans.masking import MASK, sample
from plans.models import LearnedDay, LearnedEvent, LearnedProperty, ViolationCount
from tests.plans.conftest import Send

Drain = Callable[..., int]
LEARN = {"plans.learn"}


def observed(source_id: int, name: str, *samples: dict[str, Any], count: int = 1) -> Observation:
    now = utc_now()
    return Observation(source_id, "track", name, now, now, {now.date(): count}, samples=samples)


def test_every_event_is_counted_once_however_often_the_consumer_is_woken(
    send: Send, drain: Drain, server: Source
) -> None:
    send("Course Booked", *({"course": "Baking", "seats": n} for n in range(7)))
    send("Course Left", {"course": "Baking"})
    drain(only=LEARN)
    drain(only=LEARN)
    rows = LearnedEvent.objects.order_by("name").values_list("source_id", "kind", "name", "count", "sampled")
    assert list(rows) == [(server.pk, "track", "Course Booked", 7, 7), (server.pk, "track", "Course Left", 1, 1)]
    assert list(LearnedDay.objects.order_by("event__name").values_list("count", flat=True)) == [7, 1]
    properties = LearnedProperty.objects.filter(event__name="Course Booked").order_by("path")
    assert list(properties.values_list("path", "seen", "types")) == [
        ("course", 7, {"string": 7}),
        ("seats", 7, {"integer": 7}),
    ]
    assert properties[0].samples == ["Baking"]
    assert sorted(properties[1].samples) == list(range(7))


def test_of_a_name_known_well_few_properties_are_looked_at(server: Source) -> None:
    services.learn([observed(server.pk, "Known", *({"a": 1} for _ in range(500)))])
    keys = [(server.pk, "track", "Known"), (server.pk, "track", "New")]
    assert queries.samples_wanted(keys) == {keys[0]: 5, keys[1]: 50}


def test_names_of_a_source_are_bounded(server: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plans.services.learning.MOST_NAMES", 2)
    services.learn([observed(server.pk, f"Made up {n}") for n in range(5)])
    services.learn([observed(server.pk, f"Made up {n}") for n in range(5)])
    rows = LearnedEvent.objects.order_by("name").values_list("name", "count")
    assert list(rows) == [("(other names)", 6), ("Made up 0", 2), ("Made up 1", 2)]


def test_properties_and_samples_of_a_name_are_bounded(server: Source) -> None:
    many = {f"p{n}": n for n in range(MOST_PATHS + 50)}
    services.learn([observed(server.pk, "Wide", many)])
    services.learn([observed(server.pk, "Wide", {"another": 1})])
    services.learn([observed(server.pk, "Deep", {"a": {"b": {"c": {"d": 1}}}, "list": [{"x": 1}] * 99})])
    services.learn([observed(server.pk, "Deep", *({"n": n} for n in range(99)))])
    assert LearnedProperty.objects.filter(event__name="Wide").count() == MOST_PATHS
    deep = LearnedProperty.objects.filter(event__name="Deep")
    assert set(deep.values_list("path", flat=True)) == {"a", "a.b", "a.b.c", "list", "list[].x", "n"}
    assert len(deep.get(path="n").samples) == MOST_SAMPLES
    assert deep.get(path="list[].x").types == {"integer": 5}


@pytest.mark.parametrize(
    ("kind", "path", "value", "shown"),
    [
        ("track", "email", "ada@example.com", MASK),
        ("track", "note_to", "write to ada@example.com", MASK),
        ("track", "contact", "+49 30 1234567", MASK),
        ("track", "where", "10.0.0.17", MASK),
        ("track", "firstName", "Ada", MASK),
        ("track", "customer_name", "Ada Example", MASK),
        ("track", "order_id", 2031, MASK),
        ("track", "products[].product_id", "p-1", "p-1"),
        ("track", "name", "Trail Runner 4", "Trail Runner 4"),
        ("track", "url", "https://shop.example/p/1?token=abc#x", "https://shop.example/p/1"),
        ("track", "a", "x" * 99, "x" * 59 + "…"),
        ("track", "on", True, True),
        ("identify", "favourite", "blue", MASK),
        ("identify", "visits", 3, 3),
        ("track", "products", [], None),
    ],
)
def test_personal_looking_values_are_masked_before_they_are_stored(
    kind: str, path: str, value: object, shown: object
) -> None:
    assert sample(kind, path, value) == shown


def test_no_value_of_a_person_is_found_in_the_tables(send: Send, drain: Drain) -> None:
    send("Course Booked", {"email": "canary@example.com", "course": "canary2@example.com", "address": {"city": "Ulm"}})
    drain(only=LEARN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(samples::text, ' ') FROM plans_learnedproperty")
        text = cursor.fetchone()[0]
    assert "canary" not in text
    assert "Ulm" not in text


def test_what_was_seen_becomes_a_schema_that_everything_seen_fits() -> None:
    events = [
        {"course": "Baking", "seats": 2, "lines": [{"sku": "a", "price": 1.5}], "room": {"floor": 1}},
        {"course": 17, "lines": [{"sku": "b"}], "coupon": None},
    ]
    seen = look_at("track", events)
    schema = schema_of({path: (one.seen, one.types) for path, one in seen.items()}, len(events))
    assert schema == {
        "type": "object",
        "properties": {
            "course": {"type": ["integer", "string"]},
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"price": {"type": "number"}, "sku": {"type": "string"}},
                },
            },
            "room": {"type": "object", "properties": {"floor": {"type": "integer"}}},
            "seats": {"type": "integer"},
        },
        "required": ["course", "lines"],
    }
    assert [Checker(schema).violations(each) for each in events] == [(), ()]
    assert personal_of(["email", "products[].product_id", "birthday"]) == {
        "email": "contact",
        "birthday": "demographic",
    }


def test_declaring_what_was_seen(send: Send, drain: Drain, server: Source) -> None:
    send("Course Booked", {"course": "Baking", "email": "a@example.com"}, {"course": "Brewing"})
    drain(only=LEARN)
    assert [(one.name, one.count, one.source_ids) for one in queries.undeclared(set())] == [
        ("Course Booked", 2, (server.pk,))
    ]
    made = services.declare_learned("track", "Course Booked", by=None)
    version = made.versions.get()
    assert version.schema["required"] == ["course"]
    assert version.personal == {"email": "contact"}
    assert (made.origin, version.number, version.changelog) == ("learned", 1, "Declared from 2 events as they came.")
    assert queries.undeclared(queries.declared_names()) == []
    send("Course Booked", {"course": 5})
    assert Event.objects.filter(flags=["plan_violation"]).count() == 1
    with pytest.raises(BadPlan, match="was not seen yet"):
        services.declare_learned("track", "Never Seen", by=None)


def test_ignored_names_are_not_listed_until_they_are_asked_for(server: Source) -> None:
    services.learn([observed(server.pk, "Noise")])
    services.ignore([LearnedEvent.objects.get().pk])
    assert queries.undeclared(set()) == []
    assert [one.is_ignored for one in queries.undeclared(set(), with_ignored=True)] == [True]
    services.ignore([LearnedEvent.objects.get().pk], again=True)
    assert len(queries.undeclared(set())) == 1


def test_traffic_is_of_the_last_30_days_and_old_days_are_pruned(send: Send, drain: Drain, server: Source) -> None:
    today = utc_now().date()
    services.set_mode(server.pk, "monitor", only_declared=True)
    send("Course Booked", {}, {})
    drain(only=LEARN)
    event = LearnedEvent.objects.get()
    LearnedDay.objects.create(event=event, day=today - timedelta(days=30), count=99)
    LearnedDay.objects.create(event=event, day=today - timedelta(days=91), count=99)
    ViolationCount.objects.filter(rule="any").update(day=today - timedelta(days=91))
    found = queries.traffic(today)["track", "Course Booked"]
    assert (found.volume, found.violations, found.source_ids) == (2, 0, (server.pk,))
    assert services.prune_slice() == 2
    assert services.prune_slice() == 0
    assert LearnedDay.objects.count() == 2


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("vorname", "Max"),
        ("kunde.telefonNummer", "x"),
        ("straße", "Hauptstr. 5"),
        ("callback", "0171 2345678"),
        ("number", 491712345678),
        ("customer", "Max Muster"),
        ("day", "01.02.1980"),
    ],
)
def test_what_tells_of_somebody_is_no_sample_in_german_or_as_a_number_either(path: str, value: object) -> None:
    assert sample("track", path, value) == MASK


def test_keys_that_name_somebody_are_no_paths() -> None:
    votes = {"+491712345678": 5, "max@localhost": 2, "0171/2345678": 1, "p1": 3}
    assert look_at("track", [{"votes": votes}]).keys() == {"votes", "votes.p1"}
