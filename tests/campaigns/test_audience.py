"""Whom a campaign is for: frozen when it starts, one mail an address, everybody else counted by reason."""

import pytest
from django.db import IntegrityError, transaction

from campaigns.contracts import Audience
from campaigns.models import Campaign, Recipient
from campaigns.queries.audience import reach
from campaigns.services import running
from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash
from consent.contracts import EMAIL_MARKETING, WITHDRAWN
from consent.models import Suppression
from mailing.models import Message, TemplateVersion
from profiles.contracts import IdentifierKey, Sighting
from profiles.models import Identifier
from profiles.services import register_sightings
from tests.campaigns.world import CONTENT, again, campaign, join, people, run, say, segment, states, template

pytestmark = pytest.mark.django_db


def test_who_joins_after_the_start_is_not_mailed() -> None:
    early, late = people("a@example.com", "b@example.com")
    members = segment("members", [early])
    row = campaign(members)
    run()
    join(members, [late])
    run()

    assert again(row).state == Campaign.State.RUNNING
    assert again(row).audience_count == 1
    assert list(Message.objects.values_list("address", "sender", "lane")) == [("a@example.com", "campaign", 2)]


def test_the_count_says_of_everybody_why_not_and_the_frozen_rows_are_those_that_may_be_mailed() -> None:
    good, other, silent, gone, kept_out = people(
        "good@example.com", "other@example.com", "silent@example.com", "gone@example.com", "out@example.com"
    )
    (never,) = people("never@example.com", agreed=False)
    us = to_us(utc_now())
    key = IdentifierKey("user_id", "nowhere")
    nowhere = register_sightings([Sighting((key,), us, us, 1, b"n" * 16)])[key]
    say(WITHDRAWN, "silent@example.com")
    Suppression.objects.create(address_hash=address_hash("gone@example.com"), scope="all", reason="hard_bounce")
    members = segment("members", [good, other, silent, gone, kept_out, never, nowhere])
    more = segment("more", [good])
    audience = Audience((members, more), (segment("excluded", [kept_out]),))

    found = reach(audience, EMAIL_MARKETING, utc_now())
    row = campaign(members, more, exclude=audience.exclude)
    run()

    assert (found.people, found.mailable) == (6, 2)
    assert found.left_out == {"no_consent": 2, "no_address": 1, "suppressed": 1}
    assert again(row).left_out == found.left_out
    assert (again(row).asked_count, again(row).audience_count) == (2, 6)
    assert sorted(Message.objects.values_list("address", flat=True)) == ["good@example.com", "other@example.com"]


def test_a_person_with_several_addresses_gets_one_mail_and_no_address_two() -> None:
    us = to_us(utc_now())
    keys = [IdentifierKey("email", one) for one in ("old@example.com", "new@example.com")]
    user = IdentifierKey("user_id", "jane")
    for n, key in enumerate(keys):
        register_sightings([Sighting((user, key), us + n, us + n, 1, bytes([n]) * 16)])
    ids = people("old@example.com", "new@example.com")
    row = campaign(segment("members", ids))
    run()
    assert Message.objects.count() == Recipient.objects.count() == 1
    assert Identifier.objects.get(pk=Recipient.objects.get().identifier_id).profile_id

    same = Recipient.objects.get()
    same.pk = None
    with pytest.raises(IntegrityError, match="campaigns_recipient_once"), transaction.atomic():
        same.save()
    with pytest.raises(IntegrityError, match="campaigns_recipient_ended"), transaction.atomic():
        Recipient.objects.update(state="sent")
    assert states(row) == {"queued": 1}


def test_everybody_is_an_audience_too_less_who_is_excluded() -> None:
    one, other = people("a@example.com", "b@example.com")
    audience = Audience((), (segment("excluded", [other]),), is_everybody=True)
    row = campaign(audience=audience)
    run()
    assert list(Recipient.objects.values_list("campaign_id", "identifier_id")) == [(row.pk, one)]


def test_what_was_asked_to_go_out_goes_out_though_the_mail_was_published_anew() -> None:
    news = template()
    row = campaign(segment("members", people("a@example.com")))
    TemplateVersion.objects.create(template=news, number=2, content=CONTENT)
    run()
    assert list(Message.objects.values_list("template", "template_version")) == [("news", 1)]
    assert row.variants.get().version == 1


def test_an_erased_address_is_skipped_and_the_campaign_ends() -> None:
    (one,) = people("a@example.com")
    row = campaign(segment("members", [one]), per_minute=1)
    assert running.run_slice() == 2
    Recipient.objects.update(state="waiting", queued_at=None, message_id=None)
    Message.objects.all().delete()
    Identifier.objects.filter(pk=one).update(value="b@example.com")
    run()
    assert list(Recipient.objects.values_list("state", "reason")) == [("skipped", "address_gone")]
    assert again(row).state == Campaign.State.DONE
    assert not Message.objects.exists()
