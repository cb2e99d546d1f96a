"""The preview of a rule while it is edited: how many, who for example, who would enter and leave, what is wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lake.contracts import QueryError
from segments.models import Membership, Segment
from segments.queries import preview
from segments.queries.turns import alone
from segments.rules import parse_rule
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/admin/segments/segment/preview/"
GERMANS = {"trait": "country", "is": "eq", "value": "DE"}


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def world() -> World:
    world = World()
    world.send(
        world.identify("ada", email="ada@example.com", country="DE"),
        world.identify("ben", country="AT"),
        world.identify("cid", country="DE"),
    )
    return world


def asked(client: Client, rule: Any, segment: object = "") -> Any:
    text = rule if isinstance(rule, str) else json.dumps(rule)
    return client.post(URL, {"definition": text, "segment": str(segment)})


def test_a_rule_says_how_many_and_who_before_it_is_saved(client: Client, world: World) -> None:
    response = asked(client, GERMANS)
    assert response.status_code == 200
    found = response.json()
    assert found["headline"] == "2 people match now, 66.7 % of 3."
    assert (found["change"], found["sentence"], found["as_of"]) == ("", "country is DE", "as of now")
    labels = sorted(person["label"] for person in found["people"])
    assert labels == ["ada@example.com, user id ada", "user id cid"]
    assert all("/admin/profiles/profile/" in person["url"] for person in found["people"])
    assert (Segment.objects.count(), Membership.objects.count()) == (0, 0)


def test_an_edited_rule_says_who_would_enter_and_leave(client: Client, world: World) -> None:
    segment = world.segment(GERMANS)
    found = asked(client, {"trait": "country", "is": "in", "value": ["AT"]}, segment).json()
    assert (found["headline"], found["change"]) == (
        "1 person matches now, 33.3 % of 3.",
        "1 would enter, 2 would leave.",
    )
    assert asked(client, GERMANS, segment).json()["change"] == "Saving it would change nothing for anybody."
    assert world.members(segment) == {world.profile("ada"), world.profile("cid")}


def test_a_bad_rule_is_named_with_its_path(client: Client, world: World) -> None:
    response = asked(client, {"all": [{"did": ""}]})
    assert response.status_code == 200
    (trouble,) = response.json()["troubles"]
    assert trouble["path"] == "$.all[0].did"
    assert trouble["message"].startswith("takes the name of an event")
    assert response.json()["headline"] == "Nothing to count yet."
    assert asked(client, "{").json()["error"].startswith("This is not JSON: line 1")
    assert asked(client, {"all": []}, "9" * 5000).json()["headline"].startswith("3 people match")


@pytest.mark.parametrize("rule", [{"did": "a\x00"}, {"trait": "\ud800", "is": "is_set"}])
def test_characters_that_nothing_can_hold_are_refused_not_failed_on(client: Client, rule: dict[str, str]) -> None:
    assert "a character that is none" in asked(client, rule).json()["error"]
    form = {"definition": json.dumps(rule), "name": "x", "slug": "x", "state": "live", "notes": ""}
    assert "a character that is none" in client.post("/admin/segments/segment/add/", form).text


def test_only_those_who_may_save_are_answered_and_people_stay_masked(world: World) -> None:
    staff = User.objects.create_user("mia", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_segment"))
    client = Client()
    client.force_login(staff)
    assert asked(client, GERMANS).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="change_segment"))
    assert client.get(URL).status_code == 405
    response = asked(client, GERMANS)
    assert "ada@example.com" not in response.content.decode()
    assert [person["url"] for person in response.json()["people"]] == ["", ""]
    assert Client().post(URL, {"definition": "{}"}).status_code == 302


@contextmanager
def another_one_running() -> Iterator[None]:
    """A second thread of this process is in the middle of a preview."""
    begun, over = Event(), Event()

    def run() -> None:
        with alone():
            begun.set()
            over.wait(30)

    thread = Thread(target=run)
    thread.start()
    try:
        assert begun.wait(30)
        yield
    finally:
        over.set()
        thread.join(30)


def test_a_process_computes_one_preview_at_a_time(client: Client, world: World) -> None:
    with another_one_running():
        response = asked(client, GERMANS)
        assert response.status_code == 200
        assert response.json() == {"busy": "Another preview is being computed. Trying again…"}
        assert asked(client, "{").json()["error"].startswith("This is not JSON")
    assert asked(client, GERMANS).json()["headline"] == "2 people match now, 66.7 % of 3."


def test_a_preview_that_fails_leaves_the_way_free() -> None:
    for _ in range(2):
        with pytest.raises(QueryError, match="too slow"), alone():
            raise QueryError("too slow")


def test_a_preview_costs_the_same_number_of_statements_however_many_people_there_are(world: World) -> None:
    rule = parse_rule({"all": []})
    with CaptureQueriesContext(connection) as few:
        assert preview(rule, segment_id=None, now=world.now).count == 3
    world.send(*[world.identify(f"u{number}") for number in range(20)])
    with CaptureQueriesContext(connection) as many:
        found = preview(rule, segment_id=None, now=world.now)
    assert (found.count, len(found.sample), len(many)) == (23, 10, len(few))


def test_each_clause_is_counted_by_itself(client: Client, world: World) -> None:
    rule = {"all": [GERMANS, {"not": {"any": [{"has": "email"}, GERMANS]}}, {"did": "", "count": {"gte": 2}}]}
    found = asked(client, rule).json()
    assert {one["path"]: one["count"] for one in found["clauses"]} == {
        "$": 0,
        "$.all[0]": 2,
        "$.all[1]": 1,
        "$.all[1].not.any[0]": 1,
        "$.all[1].not.any[1]": 2,
    }
    assert [one["path"] for one in found["troubles"]] == ["$.all[2].did"]
    assert found["left_out"] == "Counted without 1 clause that is not complete."


def test_the_overlap_with_chosen_segments_is_counted(client: Client, world: World) -> None:
    own, other = world.segment(GERMANS, slug="own"), world.segment({"trait": "email", "is": "is_set"}, slug="mailed")
    found = client.post(
        URL, {"definition": json.dumps({"all": []}), "segment": own, "compared": ["own", "mailed"]}
    ).json()
    assert found["overlap"] == [{"name": "mailed", "both": 1, "share": "33.3 %"}]
    assert (found["present"], found["entering"], found["leaving"]) == (2, 1, 0)
    assert [one["name"] for one in asked(client, GERMANS, other).json()["overlap"]] == ["own"]


def test_what_another_segment_would_refuse_is_said_while_editing(client: Client, world: World) -> None:
    own = world.segment(GERMANS, slug="own")
    world.segment({"in_segment": "own"}, slug="user")
    found = asked(client, {"any": [GERMANS, {"in_segment": "user"}]}, own).json()
    assert [one["path"] for one in found["troubles"]] == ["$.any[1].in_segment"]
    assert "goes in a circle" in found["troubles"][0]["message"]
    assert found["count"] == 2


def test_the_form_has_its_builder_and_its_scripts(client: Client) -> None:
    text = client.get("/admin/segments/segment/add/").content.decode()
    assert f'data-preview="{URL}"' in text
    assert "segments/builder/tree.js" in text
    assert 'name="definition"' in text
