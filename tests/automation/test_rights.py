"""What automation gives out of a person and what is left after erasing: nothing that speaks, nothing that waits."""

from datetime import timedelta

import pytest

from automation import rights, services
from automation.models import Enrollment, Journey, Message
from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from profiles.models import Identifier
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db


def everything_of(user: str) -> Person:
    profile = Identifier.objects.get(kind="user_id", value=user).profile_id
    rows = Identifier.objects.filter(profile_id=profile).order_by("pk")
    return Person(tuple(Held(row.pk, row.kind, row.value) for row in rows), (profile,))


@pytest.fixture
def jane(journey: Journey, sink: Sink) -> Person:
    """One mail was sent, one is queued, one cart waits; John has the same."""
    for user, email in (("jane", world.JANE), ("john", "john@example.com")):
        owner = world.person(user, email)
        world.cart(owner, key=f"cart:{user}-mailed")
        world.changed(f"cart:{user}-mailed")
        world.run()
        Message.objects.filter(state="sent").update(sending_at=world.ago(hours=9))
        world.cart(owner, key=f"cart:{user}-waiting", idle=timedelta(minutes=1))
        world.changed(f"cart:{user}-waiting")
    jane = everything_of("jane")
    queued = Message.objects.get(identifier_id__in=jane.ids)
    queued.pk, queued.occasion, queued.state, queued.enrollment = None, "cart:jane-queued:1", "queued", None
    queued.save()
    return jane


def test_everything_is_exported_and_nothing_of_anybody_else(jane: Person) -> None:
    mails, journeys = [list(part.rows) for part in rights.export(jane)]
    assert [row["state"] for row in mails] == ["sent", "queued"]
    assert {row["address"] for row in mails} == {world.JANE}
    assert mails[0]["sent_for"] == "email_reminders"
    assert "Red <Shoes>" in mails[0]["text"]
    assert {row["cart"] for row in journeys} == {"cart:jane-mailed", "cart:jane-waiting"}


def test_what_waits_never_mails_and_what_was_mailed_says_nothing(jane: Person, sink: Sink) -> None:
    before = list(Message.objects.exclude(identifier_id__in=jane.ids).values())
    assert rights.remains(jane) == 4
    first = rights.erase(jane, utc_now())
    assert first.counts == {"waiting mails stopped": 1, "mails emptied, kept as a count": 2, "enrollments deleted": 2}
    assert rights.remains(jane) == 0
    rows = Message.objects.filter(identifier_id__in=jane.ids).order_by("pk")
    assert [(row.state, row.reason) for row in rows] == [("sent", "sent"), ("suppressed", "suppressed_erasure")]
    assert {(row.address, row.subject, row.html, row.text, row.message_id) for row in rows} == {("", "", "", "", "")}
    assert all("jane" not in row.occasion for row in rows)
    assert list(Message.objects.exclude(identifier_id__in=jane.ids).values()) == before
    assert Enrollment.objects.filter(cart_key__contains="john").count() == 2
    sent = len(sink.mails)
    services.send_slice()
    assert len(sink.mails) == sent


def test_erasing_again_after_a_crash_does_nothing_more(jane: Person) -> None:
    rights.erase(jane, utc_now())
    kept = list(Message.objects.order_by("pk").values())
    assert set(rights.erase(jane, utc_now()).counts.values()) == {0}
    assert list(Message.objects.order_by("pk").values()) == kept
