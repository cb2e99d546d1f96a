"""Who enters and leaves which segments is told over real HTTP: chosen segments, lists, expiry, present members."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from profiles.contracts import IdentifierKey
from profiles.models import Identifier
from recipients import services
from recipients.models import Delivery
from recipients.services import NotTold
from segments import services as segments
from segments.models import Segment
from segments.services import ListDraft
from tests.recipients.receiver import Receiver
from tests.recipients.world import deliver, recipient, say
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
PIPELINE = {"events.process", "segments.mark", "segments.evaluate", "recipients.tell", "recipients.deliver"}
TOPICS = ["segment.entered", "segment.left"]


@pytest.fixture
def world(settings: Settings) -> World:
    settings.CONSENT_DEFAULT_REGIME = "ccpa"
    return World()


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return sorted((one.json["type"], one.json["data"]["segment"]["slug"]) for one in receiver.got)


def run_jobs() -> None:
    while jobs.run_slice():
        pass


def test_a_recipient_hears_of_the_segments_chosen_for_it(world: World, drain: Any, receiver: Receiver) -> None:
    chosen = world.segment({"trait": "city", "is": "eq", "value": "Ulm"}, slug="ulm")
    world.segment({"all": []}, slug="everybody")
    recipient(receiver, topics=TOPICS, segments=[chosen])
    world.send(world.identify("ada", days_ago=1, city="Ulm"))
    drain(only=PIPELINE)
    assert told(receiver) == [("segment.entered", "ulm")]
    data = receiver.got[0].json["data"]
    assert data["segment"] == {"id": chosen, "slug": "ulm", "name": "ulm", "kind": "rule", "purpose": None}
    assert ("present" in data, Delivery.objects.count()) == (False, 1)
    world.send(world.identify("ada", city="Wien"))
    drain(only=PIPELINE)
    assert told(receiver) == [("segment.entered", "ulm"), ("segment.left", "ulm")]


def test_one_that_chose_none_hears_of_every_segment(world: World, drain: Any, receiver: Receiver) -> None:
    world.segment({"trait": "city", "is": "eq", "value": "Ulm"}, slug="ulm")
    world.segment({"all": []}, slug="everybody")
    recipient(receiver, topics=TOPICS)
    world.send(world.identify("ada", city="Ulm"))
    drain(only=PIPELINE)
    assert told(receiver) == [("segment.entered", "everybody"), ("segment.entered", "ulm")]


def test_coming_onto_a_list_and_going_is_told_like_any_segment(world: World, drain: Any, receiver: Receiver) -> None:
    fair = segments.make_list(ListDraft("fair", "Fair"))
    run_jobs()
    recipient(receiver, topics=TOPICS)
    world.send(world.identify("ada"))
    ada = IdentifierKey("user_id", "ada")
    segments.put_entries(fair, [ada], origin="hand", now=utc_now())
    drain(only=PIPELINE)
    segments.take_entries(fair, [ada], now=utc_now())
    drain(only=PIPELINE)
    assert told(receiver) == [("segment.entered", "fair"), ("segment.left", "fair")]
    assert receiver.got[0].json["data"]["segment"]["kind"] == "static"


def test_whom_time_alone_takes_out_is_told_as_well(world: World, drain: Any, receiver: Receiver) -> None:
    world.segment({"did": "Product Viewed", "within": {"days": 30}}, slug="active")
    recipient(receiver, topics=["segment.left"])
    world.send(world.track("ada", "Product Viewed", days_ago=29))
    drain(only=PIPELINE)
    assert receiver.got == []
    assert segments.expire_slice(now=world.now + timedelta(days=2)) == 1
    drain(only=PIPELINE)
    assert told(receiver) == [("segment.left", "active")]


def test_the_present_members_are_sent_once_each_behind_the_gate(world: World, drain: Any, receiver: Receiver) -> None:
    pk = world.segment({"all": []}, slug="everybody")
    Segment.objects.filter(pk=pk).update(purpose="personalization")
    world.send(*[world.identify(name) for name in ("ada", "ben", "cid")])
    drain(only=PIPELINE)
    say(Identifier.objects.get(value="ben").pk, "denied", "personalization")
    other = recipient(None, topics=TOPICS)
    asked = recipient(receiver, topics=TOPICS)
    job = services.start_presenting(asked, pk)
    run_jobs()
    deliver()
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {"members": 3, "deliveries": 3})
    assert {one.json["person"]["profile_id"] for one in receiver.got} == {
        str(world.profile("ada")),
        str(world.profile("cid")),
    }
    assert all(one.json["data"]["present"] for one in receiver.got)
    assert Delivery.objects.get(state="suppressed").reason == "segment_denied"
    assert not Delivery.objects.filter(recipient=other).exists()
    assert AuditEntry.objects.get().action == "sent present members"


def test_a_job_that_lost_its_worker_writes_no_delivery_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recipients.services.presenting.PAGE", 1)
    pk = world.segment({"all": []}, slug="everybody")
    world.send(*[world.identify(name) for name in ("ada", "ben", "cid")])
    job = services.start_presenting(recipient(None, topics=TOPICS), pk)
    run_jobs()
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state="queued")
    run_jobs()
    assert Delivery.objects.count() == 3


def test_who_does_not_hear_of_a_segment_is_not_sent_its_members(world: World) -> None:
    pk = world.segment({"all": []}, slug="everybody")
    for changes in ({"topics": ["order.changed"]}, {"topics": TOPICS, "enabled": False}, {"segments": [pk + 1]}):
        with pytest.raises(NotTold):
            services.start_presenting(recipient(None, **changes), pk)
    assert (Job.objects.filter(kind="recipients.present").count(), AuditEntry.objects.count()) == (0, 0)


def test_staff_choose_segments_and_send_the_present_members(world: World, client: Client) -> None:
    pk = world.segment({"all": []}, slug="everybody")
    world.segment({"trait": "a", "is": "is_set"}, slug="other")
    world.send(world.identify("ada"))
    other = recipient(None, topics=TOPICS, segments=[pk])
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    page = client.get(reverse("admin:recipients_recipient_change", args=[other.pk])).content.decode()
    assert f'<option value="{pk}">everybody (1)</option>' in page
    assert ">other (" not in page
    url = f"{reverse('admin:recipients_recipient_present', args=[other.pk])}?segment={pk}"
    assert "is told of 1 person who is in it now" in client.get(url).content.decode()
    assert Job.objects.filter(kind="recipients.present").count() == 0
    assert client.post(url).status_code == 302
    assert Job.objects.get(kind="recipients.present").params == {"recipient_id": other.pk, "segment_id": pk}
