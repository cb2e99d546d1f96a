"""Campaigns that run: sent through the real queue, tested, paused, cancelled; everybody is accounted for."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from campaigns import rights
from campaigns.contracts import CampaignRefusedError, VariantDraft
from campaigns.models import Campaign, Recipient, Winner
from campaigns.queries.progress import progress
from campaigns.queries.results import results
from campaigns.services import choosing, freezing, running, steering
from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from commerce.models import Order
from consent.contracts import WITHDRAWN
from experiments.models import Exposure
from mailing.models import MailTemplate, Message
from mailing.services import forgetting, send_slice
from profiles.models import Identifier
from tests.automation.sink import Sink
from tests.campaigns.world import again, campaign, people, run, say, segment, states, template, user

pytestmark = pytest.mark.django_db
TWO = (VariantDraft("A", "news", share=Decimal("0.5")), VariantDraft("B", "news", "Other words", Decimal("0.5")))


def addresses(count: int) -> list[str]:
    return [f"p{n}@example.com" for n in range(count)]


def send(now: datetime | None = None) -> None:
    """Every mail that is due."""
    while send_slice(now=now):
        pass


def subjects(sink: Sink) -> Counter[str]:
    return Counter(str(one["Subject"]) for one in sink.mails)


def test_everybody_gets_one_mail_and_is_accounted_for(sink: Sink) -> None:
    row = campaign(segment("members", people(*addresses(5))), seeds=("seed@example.com", "gone@example.com"))
    run()
    say(WITHDRAWN, "p3@example.com")
    send()
    run()

    assert sorted(sink.recipients) == sorted(
        ["gone@example.com", "p0@example.com", "p1@example.com", "p2@example.com", "p4@example.com", "seed@example.com"]
    )
    assert subjects(sink) == {"News": 4, "[Seed] News": 2}
    assert again(row).state == Campaign.State.DONE
    found = progress(again(row), utc_now())
    assert (found.recipients, found.ended, found.states) == (5, 5, {"sent": 4, "suppressed": 1})
    assert found.ends == {("suppressed", "suppressed_unsubscribe"): 1}
    assert results(again(row))[0].sent == 4


def test_the_test_group_decides_once_and_the_rest_gets_the_winner(sink: Sink) -> None:
    row = campaign(segment("members", people(*addresses(60))), mails=TWO, test_share=Decimal("0.5"), test_minutes=60)
    run()
    send()
    now = utc_now()
    run(now=now)
    tested = Recipient.objects.filter(in_test=True)
    by_variant = Counter(tested.values_list("variant", flat=True))
    assert set(by_variant) == {"A", "B"}
    assert subjects(sink) == {"News": by_variant["A"], "Other words": by_variant["B"]}
    assert states(row) == {"sent": tested.count(), "waiting": 60 - tested.count()}
    assert again(row).tested_at == now

    Message.objects.filter(variant="B").update(clicked_at=now)
    run(now=now + timedelta(minutes=59))
    assert not Winner.objects.exists()
    run(now=now + timedelta(minutes=61))
    won = Winner.objects.get()
    assert (won.variant, won.is_clear) == ("B", True)
    with pytest.raises(IntegrityError, match="campaigns_winner_once"), transaction.atomic():
        Winner.objects.create(campaign=row, variant="A", is_clear=True, why="", chosen_at=now)
    with pytest.raises(CampaignRefusedError, match="chosen before"):
        choosing.choose_by_hand(row.pk, "A", by=user("mia"), now=now)
    later = now + timedelta(minutes=62)
    run(now=later)
    send(later)
    run(now=later)
    assert again(row).state == Campaign.State.DONE
    assert subjects(sink) == {"News": by_variant["A"], "Other words": 60 - by_variant["A"]}
    assert not MailTemplate.objects.filter(archived_at=None).exclude(slug="news").exists()


def test_staff_may_choose_before_the_time_is_over(sink: Sink) -> None:
    row = campaign(segment("members", people(*addresses(20))), mails=TWO, test_share=Decimal("0.2"))
    run()
    assert choosing.choose_by_hand(row.pk, "A", by=user("mia"), now=utc_now()).why == "A was chosen by hand."
    run()
    assert not Recipient.objects.filter(state="waiting").exists()
    assert set(Recipient.objects.filter(in_test=False).values_list("variant", flat=True)) == {"A"}


def test_a_paused_one_hands_over_nothing_and_goes_on_where_it_stopped(sink: Sink) -> None:
    row = campaign(segment("members", people(*addresses(4))))
    run()
    steering.pause(row.pk, by=user("mia"), now=utc_now())
    send()
    run()
    assert sink.recipients == []
    assert states(row) == {"queued": 4}
    with pytest.raises(CampaignRefusedError, match="does not run"):
        steering.pause(row.pk, by=user("mia"), now=utc_now())

    steering.resume(row.pk, by=user("mia"), now=utc_now())
    send()
    run()
    assert (len(sink.recipients), states(row)) == (4, {"sent": 4})


def test_a_throttled_campaign_tells_the_pace_of_its_limit_and_when_it_is_done(sink: Sink) -> None:
    row = campaign(segment("members", people(*addresses(40))), per_minute=6)
    now = utc_now()
    running.run_slice(now=now)
    send()
    found = progress(again(row), utc_now() + timedelta(seconds=2))
    assert (found.per_minute, found.minutes_left) == (6, 39 / 6)


def test_cancelling_leaves_what_was_sent_and_suppresses_what_is_queued(sink: Sink) -> None:
    row = campaign(segment("members", people(*addresses(40))), per_minute=12)
    assert running.run_slice() == 2  # it started, and one was queued
    send()
    now = utc_now()
    running.run_slice(now=now + timedelta(seconds=10))
    steering.cancel(row.pk, by=user("mia"), now=now)
    send()
    run(now=now + timedelta(hours=1))
    assert len(sink.recipients) == 1
    assert states(row) == {"sent": 1, "suppressed": 1, "skipped": 38}
    assert set(Recipient.objects.exclude(state="sent").values_list("reason", flat=True)) == {"campaign_cancelled"}
    assert list(Message.objects.order_by("pk").values_list("state", flat=True)) == ["sent", "suppressed"]
    with pytest.raises(CampaignRefusedError, match="nothing to cancel"):
        steering.cancel(row.pk, by=user("mia"), now=now)


def test_who_was_mailed_lately_is_left_out_and_what_is_old_is_not_sent(sink: Sink) -> None:
    members = segment("members", people("a@example.com", "b@example.com"))
    first = campaign(segment("first", people("a@example.com")))
    run()
    send()
    row = campaign(members, not_mailed_hours=24)
    run()
    send()
    assert sink.recipients == ["a@example.com", "b@example.com"]
    assert dict(Recipient.objects.filter(campaign=row).values_list("state", "reason")) == {
        "sent": "sent",
        "suppressed": "mailed_lately",
    }
    late = campaign(segment("late", people("c@example.com")))
    run()
    Message.objects.filter(sender_id=late.pk).update(queued_at=utc_now() - timedelta(hours=49))
    send()
    assert list(Recipient.objects.filter(campaign=late).values_list("state", "reason")) == [("suppressed", "too_late")]
    assert states(first) == {"sent": 1}


def test_a_holdout_gets_nothing_and_both_sides_are_kept_to_be_compared(sink: Sink) -> None:
    ids = people(*addresses(60))
    row = campaign(segment("members", ids), holdout_share=Decimal("0.3"))
    run()
    send()
    run()
    found = states(row)
    assert 5 < found["held_out"] < 32
    assert found["sent"] == 60 - found["held_out"] == len(sink.recipients)
    exposed = Counter(Exposure.objects.filter(experiment__key=row.experiment_key).values_list("variant", flat=True))
    assert exposed == {"holdout": found["held_out"], "treated": found["sent"]}
    assert again(row).state == Campaign.State.DONE


def test_orders_within_the_window_count_for_the_variant_that_was_mailed(sink: Sink) -> None:
    one, other = people("a@example.com", "b@example.com")
    row = campaign(segment("members", [one, other]), mails=TWO)
    run()
    send()
    now = utc_now()
    for number, (identifier, days) in enumerate(((one, 1), (one, 2), (other, 9))):
        Order.objects.create(
            order_id=f"o{number}", identifier_id=identifier, status="placed", currency="EUR",
            revenue=Decimal(50), refunded=Decimal(20 if number else 0), placed_at=now + timedelta(days=days),
        )  # fmt: skip
    theirs = Recipient.objects.get(identifier_id=one).variant
    found = {one.variant: one for one in results(again(row))}
    assert (found[theirs].buyers, found[theirs].revenue) == (1, {"EUR": Decimal(80)})
    assert sum(one.buyers for one in found.values()) == 1


def test_an_erased_person_is_skipped_and_stays_as_a_count_of_nobody() -> None:
    (one,) = people("a@example.com")
    row = campaign(segment("members", [one]), seeds=("A@Example.com",), per_minute=1, ask=False)
    template("other")
    campaign(segment("members"), when="now", per_minute=1)
    running.run_slice()
    Recipient.objects.update(state="waiting", queued_at=None, message_id=None)
    held = Identifier.objects.get(pk=one)
    person = Person((Held(held.pk, held.kind, held.value),), (held.profile_id,))
    assert [part.name for part in rights.export(person)] == ["campaigns"]
    assert [len(list(part.rows)) for part in rights.export(person)] == [1]

    erased = rights.erase(person, utc_now())
    assert dict(erased.counts) == {
        "campaign mails stopped": 1,
        "campaign rows made nobody's, kept as a count": 1,
        "addresses taken off seed lists": 1,
    }
    assert rights.remains(person) == 0
    assert list(Recipient.objects.values_list("identifier_id", "state", "reason")) == [(0, "skipped", "erased")]
    assert again(row).seeds == []


def test_a_queued_mail_that_an_erasure_stops_ends_its_recipient_and_the_campaign() -> None:
    (one,) = people("a@example.com")
    row = campaign(segment("members", [one]))
    running.run_slice()
    assert states(row) == {"queued": 1}
    held = Identifier.objects.get(pk=one)
    person = Person((Held(held.pk, held.kind, held.value),), (held.profile_id,))
    rights.erase(person, utc_now())
    forgetting.stop_mails(person, utc_now())
    run()
    assert list(Recipient.objects.values_list("identifier_id", "state", "reason")) == [
        (0, "suppressed", "suppressed_erasure")
    ]
    assert again(row).state == Campaign.State.DONE


def test_a_campaign_that_cannot_go_on_stops_no_other(sink: Sink) -> None:
    bad = campaign(segment("bad", people("a@example.com")))
    good = campaign(segment("good", people("b@example.com")))
    freezing.start_due(utc_now())
    bad.variants.all().delete()
    run()
    send()
    run()
    assert (states(bad), states(good), sink.recipients) == ({"waiting": 1}, {"sent": 1}, ["b@example.com"])
