"""Offers that a mail's own block names: a code for each reader, in the mail that goes out; previews give none."""

from typing import Any

import pytest

from cdp.admin_campaign.choices import templates
from mailing.content import new_block
from offers.models import Code, Offer
from tests.automation.sink import Sink
from tests.mailing import world
from tests.offers.ledgers import live, pooled

pytestmark = pytest.mark.django_db


def content(**values: Any) -> dict[str, Any]:
    """A mail with an offer block and a way out."""
    blocks = [new_block("offer", "b1") | values, {"id": "b2", "type": "footer", "reason": "You agreed to this."}]
    return {"default": "en", "locales": {"en": {"subject": "News", "mode": "blocks", "blocks": blocks}}}


def codes(sink: Sink) -> list[str]:
    """What each mail shows of a code, sorted."""
    bodies = [str(body.get_content()) for mail in sink.mails if (body := mail.get_body(("plain",)))]
    return sorted(
        next((one for one in ("ONE-1", "TWO-2") if one in body and "10 % off" in body), "") for body in bodies
    )


def test_each_reader_is_given_a_code_and_who_gets_none_gets_the_mail_without_it(
    sink: Sink, sender: type[world.TestSender]
) -> None:
    pooled(live(needs_code=True), "ONE-1", "TWO-2")
    world.publish("named", content(offer="ten"))
    world.queue("a@example.com", "b@example.com", "c@example.com", template="named")
    world.run()
    assert codes(sink) == ["", "ONE-1", "TWO-2"]
    given = Code.objects.exclude(given_for="").values_list("given_for", flat=True)
    assert all(one.startswith("mail:") for one in given)
    assert len(given) == 2
    Offer.objects.update(state="paused")
    world.queue("d@example.com", template="named")
    world.run()
    assert codes(sink) == ["", "", "ONE-1", "TWO-2"]


def test_a_campaign_takes_a_mail_whose_block_names_its_offer() -> None:
    world.publish("named", content(offer="ten"))
    world.publish("unnamed", content())
    assert [one.value for one in templates()] == ["named"]
