"""An erasure through every store tells each recipient once, and leaves nothing of the person with us."""

import pytest

from cdp.lib.clock import utc_now
from consent.contracts import WITHDRAWN
from privacy.services import erase_person, find_person
from privacy.services.unnamed_people import delete
from profiles.models import Profile
from recipients.models import Delivery, Disclosure
from tests.automation.world import ago, seen
from tests.recipients.receiver import Receiver
from tests.recipients.world import deliver, person, recipient, say, told

pytestmark = pytest.mark.django_db(transaction=True)


def test_erasing_a_person_everywhere_tells_who_knew_them_once_and_stops_what_waits(receiver: Receiver) -> None:
    recipient(receiver)
    jane = person()
    say(jane)
    told(jane)
    deliver()
    told(jane)
    say(jane, WITHDRAWN)
    somebody = find_person("user_id", "jane")
    assert somebody is not None
    receiver.got.clear()
    done = {store.name: erased.counts for store, erased in erase_person(somebody, utc_now())}
    deliver()
    assert done["recipients"]["recipients told"] == 1
    assert receiver.topics == ["privacy.erased"]
    assert receiver.got[0].json["data"]["profile_ids"] == [str(somebody.profile_ids[0])]
    assert not Disclosure.objects.exists()
    rows = str(list(Delivery.objects.values_list("key", "profile_id", "identifier_id", "facts")))
    assert not any(str(one) in rows for one in somebody.profile_ids)
    assert "jane" not in rows


def test_what_is_told_of_somebody_after_their_erasure_never_leaves(receiver: Receiver) -> None:
    recipient(receiver)
    jane = person()
    say(jane)
    somebody = find_person("user_id", "jane")
    assert somebody is not None
    late = Delivery(topic="consent.changed", key="late", profile_id=somebody.profile_ids[0])
    list(erase_person(somebody, utc_now()))
    late.recipient = recipient(receiver)
    late.save()
    deliver()
    late.refresh_from_db()
    assert (receiver.got, late.state, late.reason, late.profile_id) == ([], "suppressed", "gone", None)


def test_a_recipient_hears_of_people_who_expired_without_ever_being_named(receiver: Receiver) -> None:
    recipient(receiver)
    visitor = seen(("anonymous_id", "a1"), at=ago(days=500))["anonymous_id"]
    say(visitor)
    told(visitor)
    deliver()
    receiver.got.clear()
    Profile.objects.update(event_count=1, first_seen_at=ago(days=500), last_seen_at=ago(days=500))
    assert delete(ago(days=395), 1000, utc_now()) == 1
    deliver()
    assert receiver.topics == ["privacy.erased"]
