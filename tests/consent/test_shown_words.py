"""The banner's answer keeps the very words and the notice it answers; a claim that is not true is left out."""

from typing import Any

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.hashing import message_hash
from consent import queries, services
from consent.contracts import SignalEvent
from consent.models import Entry

pytestmark = pytest.mark.django_db


def answered(wordings: dict[str, Any], notice: Any = 1) -> dict[str, Entry]:
    """What the ledger holds after a browser's answer, by purpose."""
    preferences = {"analytics": True, "personalization": False}
    told = {"categoryPreferences": preferences, "wordings": wordings, "notice": notice, "locale": "en"}
    event = SignalEvent(
        source_id=1,
        server_side=False,
        message_hash=message_hash("m1"),
        type="track",
        name="Segment Consent Preference Updated",
        occurred_at=utc_now(),
        identifier_id=7,
        context={"consent": told},
    )
    services.record_signals([event])
    return {entry.purpose_id: entry for entry in Entry.objects.all()}


def test_each_entry_has_the_words_their_digest_and_the_notice() -> None:
    analytics, personal = queries.wording("analytics", "en"), queries.wording("personalization", "de")
    assert analytics is not None
    assert personal is not None
    found = answered({"analytics": analytics.id, "personalization": personal.id})
    assert {
        code: (entry.state, entry.wording_id, bytes(entry.wording_sha256 or b""), entry.notice_version)
        for code, entry in found.items()
    } == {
        "analytics": ("granted", analytics.id, analytics.sha256, 1),
        "personalization": ("denied", personal.id, personal.sha256, 1),
    }


@pytest.mark.parametrize("claim", [10**6, -1, "3", None, True, 2**70, {"id": 3}])
def test_words_that_do_not_exist_are_left_out_and_the_answer_stands(claim: Any) -> None:
    found = answered({"analytics": claim}, notice=claim)
    assert (found["analytics"].state, found["analytics"].wording_id) == ("granted", None)


def test_words_of_another_purpose_are_left_out() -> None:
    other = queries.wording("personalization", "en")
    assert other is not None
    assert answered({"analytics": other.id})["analytics"].wording_id is None
