"""What mailing gives out of a person, and what is left after erasing: nothing that waits, nothing that speaks."""

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from mailing import rights
from mailing.models import Message
from profiles.models import Identifier
from tests.automation.sink import Sink
from tests.mailing import world
from tests.mailing.world import JANE, TestSender

pytestmark = pytest.mark.django_db


@pytest.fixture
def jane(sender: type[TestSender], sink: Sink) -> Person:
    """One mail was sent to her, one waits; John has the same."""
    who = {email: world.person(email) for email in (JANE, "john@example.com")}
    for _ in range(2):
        world.run()
        for email, identifier_id in who.items():
            world.queue(email, identifier_id=identifier_id)
    row = Identifier.objects.get(kind="email", value=JANE)
    assert row.profile_id is not None
    return Person((Held(row.pk, row.kind, row.value),), (row.profile_id,))


def test_every_mail_is_exported_as_it_was_sent_and_nobody_elses(jane: Person) -> None:
    (part,) = list(rights.export(jane))
    rows = list(part.rows)
    assert [(row["address"], row["state"], row["sent_for"]) for row in rows] == [
        (JANE, "sent", "email_marketing"),
        (JANE, "queued", "email_marketing"),
    ]
    assert (rows[0]["subject"], "what is new" in str(rows[0]["text"])) == ("Hello you", True)


def test_nobody_erased_is_mailed_and_no_mail_says_anything_any_more(jane: Person, sink: Sink) -> None:
    assert rights.remains(jane) == 2
    assert rights.erase(jane, utc_now()).counts == {"waiting mails stopped": 1, "mails emptied, kept as a count": 2}
    assert (rights.remains(jane), Message.objects.count()) == (0, 4)
    assert rights.erase(jane, utc_now()).counts == {"waiting mails stopped": 0, "mails emptied, kept as a count": 0}
    world.run()
    assert sorted(sink.recipients) == [JANE, "john@example.com", "john@example.com"]
    hers = Message.objects.filter(address_hash__in=jane.address_hashes)
    assert set(hers.values_list("address", "subject", "html", "text", "message_id")) == {("", "", "", "", "")}
