"""Who was given something of a person is told of erasure, correction and restriction, whatever sharing says now."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from consent.contracts import WITHDRAWN
from profiles.models import Identifier
from profiles.queries import identifiers_of
from recipients import rights, services
from recipients.models import Delivery, Disclosure
from recipients.queries import disclosed_to
from recipients.services import sending
from tests.recipients.receiver import Receiver
from tests.recipients.world import deliver, due_now, person, recipient, say, states, told

pytestmark = pytest.mark.django_db


def as_person(identifier_id: int) -> Person:
    profile_id = Identifier.objects.get(pk=identifier_id).profile_id
    held = tuple(Held(one.id, one.kind, one.value) for one in identifiers_of([profile_id])[profile_id])
    return Person(held, (profile_id,))


def shared(receiver: Receiver) -> tuple[int, Person]:
    """Somebody a third party was told of, who then withdrew."""
    jane = person()
    say(jane)
    told(jane)
    deliver()
    receiver.got.clear()
    say(jane, WITHDRAWN)
    return jane, as_person(jane)


def test_an_erasure_is_told_to_who_knew_the_person_though_sharing_was_withdrawn(receiver: Receiver) -> None:
    recipient(receiver, topics=["consent.changed"])
    recipient(receiver, topics=["order.changed"], name="never told")
    _, jane = shared(receiver)
    duties = services.tell_erasure(jane, now=utc_now())
    assert [duty.state for duty in duties] == ["waiting"]
    deliver()
    told_of = [one.json for one in receiver.got]
    assert datetime.fromisoformat(told_of[0]["data"].pop("at")) < utc_now()
    assert [(one["type"], one["data"]) for one in told_of] == [
        ("privacy.erased", {"profile_ids": [str(jane.profile_ids[0])]})
    ]
    assert [duty.state for duty in services.tell_erasure(jane, now=utc_now())] == ["sent"]
    assert Delivery.objects.get(topic="privacy.erased").facts == {}


def test_erasing_the_store_tells_once_ends_what_waits_and_leaves_nothing(receiver: Receiver) -> None:
    row = recipient(receiver)
    identifier, jane = shared(receiver)
    told(identifier)
    evidence = rights.erase(jane, utc_now())
    assert evidence.counts == {
        "recipients told": 1,
        "waiting deliveries ended": 1,
        "deliveries emptied": 2,
        "disclosures deleted": 1,
    }
    assert rights.remains(jane) == 0
    again = rights.erase(jane, utc_now())
    assert again.counts["recipients told"] == 1
    assert Delivery.objects.filter(topic="privacy.erased", recipient=row).count() == 1
    deliver()
    assert receiver.topics == ["privacy.erased"]
    kept = str(list(Delivery.objects.values_list("key", "facts", "profile_id", "identifier_id")))
    assert str(jane.profile_ids[0]) not in kept


def test_what_was_on_its_way_while_a_person_was_erased_is_told_once_more(receiver: Receiver) -> None:
    row = recipient(receiver)
    _, jane = shared(receiver)
    rights.erase(jane, utc_now())
    deliver()
    now = utc_now()
    Disclosure.objects.create(recipient=row, profile_id=jane.profile_ids[0], first_at=now, last_at=now)
    rights.erase(jane, utc_now())
    deliver()
    assert receiver.topics == ["privacy.erased", "privacy.erased"]
    assert len({one.json["id"] for one in receiver.got}) == 2


def test_the_word_to_delete_does_not_overtake_what_is_being_sent(receiver: Receiver) -> None:
    recipient(receiver)
    identifier, jane = shared(receiver)
    told(identifier)
    sending._claim(utc_now())
    rights.erase(jane, utc_now())
    deliver()
    assert receiver.got == []
    assert Delivery.objects.get(topic="privacy.erased").next_at > utc_now() + timedelta(seconds=sending.TIMEOUT_S)
    due_now()
    deliver()
    assert receiver.topics == ["privacy.erased"]


def test_a_disabled_recipient_still_hears_of_an_erasure(receiver: Receiver) -> None:
    row = recipient(receiver)
    _, jane = shared(receiver)
    row.enabled = False
    row.save()
    services.tell_erasure(jane, now=utc_now())
    deliver()
    assert receiver.topics == ["privacy.erased"]


def test_a_correction_brings_what_holds_now_of_the_recipients_own_fields(receiver: Receiver) -> None:
    recipient(receiver, fields=["identifier:email"])
    _, jane = shared(receiver)
    services.tell_rectification(jane, ["identifier:email", "trait:first_name"], cause="r1", now=utc_now())
    services.tell_rectification(jane, ["identifier:email"], cause="r1", now=utc_now())
    deliver()
    assert [one.json["data"]["corrected"] for one in receiver.got] == [
        {"identifiers": {"email": ["jane@example.com"]}, "traits": {}}
    ]


def test_a_correction_brings_no_field_that_was_never_given_and_mends_one_that_is_no_longer_given(
    receiver: Receiver,
) -> None:
    """Corrections are not asked at the gate: they must not be a way around it (GDPR Art. 19: what was disclosed)."""
    row = recipient(receiver, fields=["identifier:email"])
    _, jane = shared(receiver)
    row.fields = ["identifier:user_id"]
    row.save()
    services.tell_rectification(jane, ["identifier:email", "identifier:user_id"], cause="r1", now=utc_now())
    deliver()
    assert [one.json["data"]["corrected"] for one in receiver.got] == [
        {"identifiers": {"email": ["jane@example.com"]}, "traits": {}}
    ]


def test_a_restriction_and_its_end_are_two_things_told(receiver: Receiver) -> None:
    recipient(receiver)
    _, jane = shared(receiver)
    services.tell_restriction(jane, is_restricted=True, cause="r1", now=utc_now())
    services.tell_restriction(jane, is_restricted=False, cause="r2", now=utc_now())
    deliver()
    told_of = sorted((one.json["data"]["at"], one.json["data"]["restricted"]) for one in receiver.got)
    assert [is_restricted for _, is_restricted in told_of] == [True, False], "what comes late is told by its instant"


def test_an_opt_out_of_sale_is_told_to_third_parties_only(receiver: Receiver) -> None:
    jane = person()
    say(jane)
    recipient(receiver)
    recipient(receiver, role="processor")
    told(jane)
    deliver()
    receiver.got.clear()
    assert len(services.tell_opt_out(as_person(jane), cause="r1", now=utc_now())) == 1


def test_nobody_is_told_of_somebody_they_never_heard_of(receiver: Receiver) -> None:
    recipient(receiver)
    assert services.tell_erasure(as_person(person()), now=utc_now()) == []
    assert states() == []


def test_the_export_names_each_recipient_since_when_and_which_fields(receiver: Receiver) -> None:
    recipient(receiver, name="Adnet", country="US", safeguard="SCC", fields=["identifier:email"])
    _, jane = shared(receiver)
    parts = {part.name: list(part.rows) for part in rights.export(jane)}
    assert [(row["recipient"], row["country"], row["fields"]) for row in parts["recipients"]] == [
        ("Adnet", "US", ["identifier:email"])
    ]
    assert [(row["recipient"], row["state"]) for row in parts["deliveries"]] == [("Adnet", "sent")]
    assert disclosed_to([UUID(int=5)]) == []
