"""The plan's pages and its API: who may open them, what they say, and what they change."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cdp.access.services import make_server_key
from cdp.admin_home.groups import apply_rights
from events.models import Source
from plans import services
from plans.contracts import Draft
from plans.models import EventType, EventTypeVersion, LearnedEvent, SourceMode
from tests.plans.conftest import Send

Drain = Callable[..., int]
GROUPS = ("admin", "analyst", "marketer", "support", "nobody")


@pytest.fixture
def staff(db: None) -> dict[str, Client]:
    """A signed-in client a group."""
    apply_rights()
    found = {}
    for name in GROUPS:
        user = User.objects.create_user(f"{name}@example.com", is_staff=True)
        if name != "nobody":
            user.groups.add(Group.objects.get(name=name))
        found[name] = Client()
        found[name].force_login(user)
    return found


def fields(rows: list[dict[str, str]], **rest: str) -> dict[str, str]:
    found = {f"{key}-{number}": value for number, row in enumerate(rows) for key, value in row.items()}
    return {**found, **rest}


COURSE = {"path": "course", "type": "text", "required": "yes"}
SEATS = {"path": "seats", "type": "custom"}


def edited(booked: EventType, rows: list[dict[str, str]], **rest: str) -> dict[str, str]:
    schema = json.dumps(booked.versions.get(number=1).schema)
    given = {"base": "1", "current": "1", "schema": schema, "description": "", "owner": "Academy", "what": "publish"}
    return fields(rows, **{**given, **rest})


def test_each_group_opens_exactly_what_it_has_a_right_to(staff: dict[str, Client], booked: EventType) -> None:
    look, change = ("admin", "analyst", "marketer"), ("admin",)
    pages = {
        reverse("plan"): look,
        reverse("plan-event", args=[booked.pk]): look,
        reverse("plan-seen"): look,
        reverse("plan-sources"): look,
        reverse("plan-dictionary"): look,
        reverse("plan-export", args=["json"]): look,
        reverse("plan-add"): change,
        reverse("plan-edit", args=[booked.pk]): change,
        reverse("plan-become", args=[booked.pk, "blocked"]): change,
    }
    found = {url: tuple(name for name in GROUPS if staff[name].get(url).status_code == 200) for url in pages}
    assert found == {url: tuple(name for name in GROUPS if name in may) for url, may in pages.items()}
    refused = {staff[name].get(url).status_code for url, may in pages.items() for name in GROUPS if name not in may}
    assert refused == {403}
    assert Client().get(reverse("plan")).status_code == 302


def test_those_who_may_only_look_change_nothing(staff: dict[str, Client], booked: EventType, server: Source) -> None:
    client = staff["analyst"]
    posts = [
        (reverse("plan-seen"), {"kind": "track", "name": "x", "what": "declare"}),
        (reverse("plan-seen"), {"kind": "track", "name": "x", "what": "ignore"}),
        (reverse("plan-sources"), {"source": str(server.pk), "mode": "off"}),
        (reverse("plan-edit", args=[booked.pk]), edited(booked, [COURSE])),
        (reverse("plan-become", args=[booked.pk, "blocked"]), {}),
    ]
    assert [client.post(url, body).status_code for url, body in posts] == [403] * len(posts)
    booked.refresh_from_db()
    assert (booked.status, EventTypeVersion.objects.count(), SourceMode.objects.count()) == ("declared", 1, 0)


def test_an_empty_plan_teaches(staff: dict[str, Client]) -> None:
    page = staff["admin"].get(reverse("plan")).content.decode()
    assert "Say what your shop means to send" in page


def test_the_list_costs_as_many_queries_for_many_events_as_for_one(
    staff: dict[str, Client], booked: EventType, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = staff["admin"]
    client.get(reverse("plan"))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        client.get(reverse("plan"))
    services.declare("track", "Course Left", Draft({}), by=None)
    services.declare("track", "Course Moved", Draft({}), by=None)
    with django_assert_num_queries(len(one)):
        page = client.get(reverse("plan")).content.decode()
    assert "3 events are declared; none of them broke the plan" in page


def test_a_property_is_required_by_a_new_version(staff: dict[str, Client], booked: EventType) -> None:
    rows = [COURSE, SEATS | {"required": "yes", "personal": "other"}, {"path": "room.floor", "type": "number"}]
    url = reverse("plan-edit", args=[booked.pk])
    answer = staff["admin"].post(url, edited(booked, rows, changelog="Seats count.", description="Booked."))
    assert answer.status_code == 302, answer.content.decode()
    version = EventTypeVersion.objects.get(is_current=True)
    assert version.number == 2
    assert version.schema == {
        "type": "object",
        "properties": {
            "course": {"type": "string"},
            "seats": {"type": "integer", "minimum": 1},
            "room": {"type": "object", "properties": {"floor": {"type": "number"}}},
        },
        "required": ["course", "seats"],
    }
    assert version.personal == {"seats": "other"}
    assert version.created_by is not None
    booked.refresh_from_db()
    assert booked.description == "Booked."
    page = staff["admin"].get(reverse("plan-event", args=[booked.pk])).content.decode()
    assert "“seats”: now required; marked as personal (other)." in page


@pytest.mark.parametrize(
    ("rows", "rest", "sentence"),
    [
        ([COURSE, COURSE], {"changelog": "x"}, "“course” stands in the table twice"),
        ([COURSE | {"type": "number"}], {}, "Say in a sentence what changed and why"),
        ([COURSE, SEATS], {"changelog": "x", "schema": "{"}, "The schema is not JSON in line 1, column 2"),
        ([COURSE, SEATS], {"changelog": "x", "schema": '{"type": "text"}'}, "The properties of an event are an object"),
        ([COURSE, SEATS], {"changelog": "x"}, "Nothing differs from version 1"),
        ([COURSE], {"changelog": "x", "current": "0"}, "Version 1 was published while you edited"),
    ],
)
def test_a_form_with_a_fault_keeps_what_was_typed_and_names_it(
    staff: dict[str, Client], booked: EventType, rows: list[dict[str, str]], rest: dict[str, str], sentence: str
) -> None:
    typed = edited(booked, [*rows, {"path": "kept", "type": "text"}] if "Nothing" not in sentence else rows, **rest)
    answer = staff["admin"].post(reverse("plan-edit", args=[booked.pk]), typed)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    assert "Nothing" in sentence or 'value="kept"' in page
    assert EventTypeVersion.objects.count() == 1


def test_the_preview_says_how_many_of_the_newest_events_would_break(
    staff: dict[str, Client], booked: EventType, send: Send
) -> None:
    send("Course Booked", *({"course": "Baking", "seats": n} for n in range(1, 11)))
    rows = [COURSE, SEATS, {"path": "teacher", "type": "text", "required": "yes"}]
    url = reverse("plan-edit", args=[booked.pk])
    answer = staff["admin"].post(url, edited(booked, rows, what="preview"), headers={"X-Preview": "yes"})
    page = answer.content.decode()
    assert "<html" not in page
    assert "Of the last 10 such events, 10 would break this version." in page
    assert "“teacher” is missing: send it." in page
    assert "“teacher” is new: text, required." in page
    fine = staff["admin"].post(url, edited(booked, [COURSE, SEATS], what="preview")).content.decode()
    assert "Of the last 10 such events, none would break this version." in fine
    broken = edited(booked, [COURSE], what="preview", schema="{")
    assert "The schema is not JSON" in staff["admin"].post(url, broken).content.decode()
    assert EventTypeVersion.objects.count() == 1


def test_an_event_is_declared_by_hand(staff: dict[str, Client]) -> None:
    given = fields([COURSE], kind="track", name="Course Booked", schema="{}", what="publish", owner="Academy")
    answer = staff["admin"].post(reverse("plan-add"), given)
    made = EventType.objects.get()
    assert answer["Location"] == reverse("plan-event", args=[made.pk])
    assert made.versions.get().schema == {"properties": {"course": {"type": "string"}}, "required": ["course"]}
    again = staff["admin"].post(reverse("plan-add"), given).content.decode()
    assert "“Course Booked” is declared already" in again


def test_what_was_seen_is_declared_or_ignored(
    staff: dict[str, Client], send: Send, drain: Drain, server: Source
) -> None:
    send("Course Booked", {"course": "<b>Baking</b>", "email": "ada@example.com"})
    send("Noise", {})
    drain(only={"plans.learn"})
    client = staff["admin"]
    page = client.get(reverse("plan-seen")).content.decode()
    assert "2 names came that nobody declared." in page
    one = client.get(reverse("plan-seen-one"), {"kind": "track", "name": "Course Booked"}).content.decode()
    assert "&lt;b&gt;Baking&lt;/b&gt;" in one
    assert "ada@example.com" not in one
    client.post(reverse("plan-seen"), {"kind": "track", "name": "Noise", "what": "ignore"})
    assert LearnedEvent.objects.exclude(ignored_at=None).get().name == "Noise"
    answer = client.post(reverse("plan-seen"), {"kind": "track", "name": "Course Booked", "what": "declare"})
    made = EventType.objects.get()
    assert answer["Location"] == reverse("plan-edit", args=[made.pk])
    assert made.versions.get().personal == {"email": "contact"}
    assert "Nothing to decide" in client.get(reverse("plan-seen")).content.decode()
    assert client.get(reverse("plan-seen-one"), {"kind": "track", "name": "Never"}).status_code == 404


def test_a_source_is_held_to_the_plan(staff: dict[str, Client], server: Source) -> None:
    url = reverse("plan-sources")
    staff["admin"].post(url, {"source": str(server.pk), "mode": "quarantine", "only_declared": "yes"})
    assert list(SourceMode.objects.values_list("source_id", "mode", "only_declared")) == [
        (server.pk, "quarantine", True)
    ]
    staff["admin"].post(url, {"source": str(server.pk), "mode": "strict"})
    assert SourceMode.objects.get().mode == "quarantine"
    assert staff["admin"].post(url, {"source": "x", "mode": "off"}).status_code == 404


def test_blocking_asks_first(staff: dict[str, Client], booked: EventType) -> None:
    url = reverse("plan-become", args=[booked.pk, "blocked"])
    assert "it waits in quarantine" in staff["admin"].get(url).content.decode()
    assert EventType.objects.get().status == "declared"
    staff["admin"].post(url)
    assert EventType.objects.get().status == "blocked"


def test_an_events_page_says_what_broke(staff: dict[str, Client], booked: EventType, send: Send, drain: Drain) -> None:
    send("Course Booked", {"course": "Baking", "color": "red"}, {"seats": 0})
    drain(only={"plans.learn"})
    page = staff["admin"].get(reverse("plan-event", args=[booked.pk])).content.decode()
    assert "It came 2 times in the last 30 days: 1 against the plan (50.0 %)." in page
    assert "“course” is missing: send it." in page
    assert "Came but not declared" in page
    assert "color" in page


def test_the_dictionary_is_shown_and_exported(staff: dict[str, Client], booked: EventType) -> None:
    client = staff["analyst"]
    assert "1 event; 0 properties tell of people." in client.get(reverse("plan-dictionary")).content.decode()
    found = client.get(reverse("plan-export", args=["json"]))
    assert [one["name"] for one in found.json()["events"]] == ["Course Booked"]
    assert "attachment" in found["Content-Disposition"]
    assert "## Course Booked" in client.get(reverse("plan-export", args=["markdown"])).content.decode()
    assert client.get(reverse("plan-export", args=["pdf"])).status_code == 404


def test_the_plan_is_read_with_a_server_key_of_its_scope(booked: EventType) -> None:
    _, right = make_server_key("build", ["plan:read"])
    _, wrong = make_server_key("other", ["catalog:write"])

    def get(**headers: str) -> Any:
        return Client().get("/v1/plan", headers=headers)

    assert [get().status_code, get(Authorization=f"Bearer {wrong}").status_code] == [401, 403]
    answer = get(Authorization=f"Bearer {right}")
    assert answer.status_code == 200
    (event,) = answer.json()["events"]
    assert {key: event[key] for key in ("kind", "name", "owner", "status", "version", "schema")} == {
        "kind": "track",
        "name": "Course Booked",
        "owner": "Academy",
        "status": "declared",
        "version": 1,
        "schema": booked.versions.get().schema,
    }
