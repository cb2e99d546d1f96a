"""Segments in the admin: a save says the count, a bad rule keeps what was typed, people are masked."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp.jobs.models import Job
from segments import services
from segments.contracts import SegmentDraft, Written
from segments.forms import written
from segments.models import Segment
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"name": "Germans", "slug": "germans", "state": "live", "notes": ""}
GERMANS = {"trait": "country", "is": "eq", "value": "DE"}


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def save(client: Client, rule: Any, url: str = "/admin/segments/segment/add/") -> Any:
    text = rule if isinstance(rule, str) else json.dumps(rule)
    return client.post(url, {**FORM, "definition": text, "_continue": "1"}, follow=True)


def test_saving_asks_everybody_and_says_the_count(client: Client) -> None:
    world = World()
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="AT"))
    page = save(client, GERMANS)
    segment = Segment.objects.get()
    assert segment.definition == GERMANS
    assert [str(message) for message in page.context["messages"]][-1] == "1 person is in it now: 1 entered, 0 left."
    assert "country is DE" in page.content.decode()
    assert world.members(segment.pk) == {world.profile("ada")}
    page = save(client, {"not": GERMANS}, f"/admin/segments/segment/{segment.pk}/change/")
    assert "1 person is in it now: 1 entered, 1 left." in page.content.decode()
    assert world.members(segment.pk) == {world.profile("ben")}


def test_everybody_is_asked_once_by_the_save_or_by_the_worker(client: Client) -> None:
    World().send(World().identify("ada", country="DE"))
    save(client, GERMANS)
    job = Job.objects.get()
    assert (job.state, job.attempts, job.result["entered"]) == ("done", 1, 1)
    assert services.recompute_if_small(job.pk) == Written(evaluated=1, entered=1)


def test_where_there_are_many_profiles_a_job_is_linked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "recompute_if_small", lambda job_id: None)
    page = save(client, GERMANS)
    assert f"/admin/jobs/job/{Job.objects.get().pk}/change/" in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ('{"all": [}', "This is not JSON: line 1, column 10"),
        ('{"all": [{"did": ""}]}', "At $.all[0].did: takes the name of an event"),
        ('{"trait": "x", "is": "gt", "value": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "This is not JSON"),
        ("  ", "A segment needs a rule"),
    ],
)
def test_a_bad_rule_is_named_and_what_was_typed_is_kept(client: Client, typed: str, says: str) -> None:
    page = save(client, typed)
    text = page.content.decode()
    assert page.status_code == 200
    assert says in text.replace("&quot;", '"').replace("&#x27;", "'")
    assert typed.strip().replace('"', "&quot;")[:200] in text
    assert (Segment.objects.count(), Job.objects.count()) == (0, 0)


def test_a_rule_is_shown_on_as_few_lines_as_read_well() -> None:
    rule = {"all": [{"did": "Product Viewed", "count": {"gte": 3}, "within": {"days": 14}}, {"did": "A" * 80}, GERMANS]}
    assert json.loads(written(rule)) == rule
    assert [line[:22] for line in written(rule).splitlines()] == [
        '{"all": [',
        '  {"did": "Product Vie',
        '  {"did": "AAAAAAAAAAA',
        '  {"trait": "country",',
        "]}",
    ]


def test_the_help_shows_every_node(client: Client) -> None:
    text = client.get("/admin/segments/segment/add/").content.decode()
    assert all(f"<code>{key}</code>" in text for key in ("all", "any", "not", "trait", "did"))


def test_who_may_only_look_sees_the_sentence_and_no_form() -> None:
    world = World()
    segment = world.segment(GERMANS)
    staff = User.objects.create_user("ann", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_segment"))
    client = Client()
    client.force_login(staff)
    page = client.get(f"/admin/segments/segment/{segment}/change/")
    assert page.status_code == 200
    assert "country is DE" in page.content.decode()
    assert "<textarea" not in page.content.decode()
    assert client.post(f"/admin/segments/segment/{segment}/change/", FORM).status_code == 403


def test_members_are_masked_without_the_permission() -> None:
    world = World()
    everybody = world.segment({"all": []})
    world.send(world.identify("ada", email="ada@example.com"))
    staff = User.objects.create_user("mia", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_membership"))
    client = Client()
    client.force_login(staff)
    url = f"/admin/segments/membership/?segment__id__exact={everybody}&open=yes"
    text = client.get(url).content.decode()
    assert "a•••@e•••.com" in text
    assert "ada@example.com" not in text
    staff.user_permissions.add(Permission.objects.get(codename="view_personal"))
    assert "ada@example.com" in client.get(url).content.decode()


@pytest.mark.parametrize("path", ["/admin/segments/segment/", "/admin/segments/membership/"])
def test_list_pages_cost_the_same_at_one_row_and_at_three(client: Client, path: str) -> None:
    world = World()
    world.segment({"all": []}, slug="one")
    world.send(world.identify("ada", email="ada@example.com"))
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert client.get(path).status_code == 200
    world.segment({"not": {"any": []}}, slug="two")
    world.segment({"trait": "email", "is": "is_set"}, slug="three")
    world.send(world.identify("ben", email="ben@example.com"))
    with CaptureQueriesContext(connection) as three:
        assert client.get(path).status_code == 200
    assert len(three) == len(one)


def test_a_list_has_no_rule_to_edit_and_keeps_it_through_another_slug(client: Client) -> None:
    listed = services.save_segment(SegmentDraft(slug="fair", name="Fair", definition={"in_list": "fair"}))
    Segment.objects.filter(pk=listed.segment_id).update(kind=Segment.Kind.STATIC)
    url = f"/admin/segments/segment/{listed.segment_id}/change/"
    assert 'name="definition"' not in client.get(url).text
    client.post(url, {**FORM, "name": "Fair of May", "slug": "fair-may"})
    segment = Segment.objects.get()
    assert (segment.name, segment.slug, segment.definition) == ("Fair of May", "fair-may", {"in_list": "fair-may"})
