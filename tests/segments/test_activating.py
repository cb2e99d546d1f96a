"""Who is in a segment and may be addressed: memberships stay, the gate is asked, and the count is the gate's own."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import queries as consent
from consent.contracts import EMAIL_NEWS, PERSONALIZATION, NewEntry
from consent.services import record_entries
from profiles.models import Identifier
from segments import queries
from segments.models import Membership, Segment
from segments.queries import activating
from tests.segments.world import World

pytestmark = pytest.mark.django_db
EVERYBODY: dict[str, Any] = {"all": []}


def profile(user: str) -> Any:
    return Identifier.objects.get(kind="user_id", value=user).profile_id


def say(purpose: str, state: str, *, user: str = "", email: str = "", kind: str = "user_id") -> None:
    """An entry about an address, else an identifier."""
    key = keyed_hash("test", purpose, state, user, email, kind)
    at = utc_now() - timedelta(hours=1)
    who = {"address_hash": address_hash(email)} if email else {
        "identifier_id": Identifier.objects.get(kind=kind, value=user).pk
    }  # fmt: skip
    with transaction.atomic():
        record_entries([NewEntry(key, purpose, state, "api", at, **who)])


def identify(user: str, *, zone: str = "", **traits: Any) -> dict[str, Any]:
    context = {"timezone": zone} if zone else {}
    return {"type": "identify", "userId": user, "anonymousId": f"{user}-b", "traits": traits, "context": context}


@pytest.fixture
def segment(settings: Settings) -> Segment:
    """Ten people of several laws, with and without addresses; some said something."""
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    world = World()
    found = world.segment(EVERYBODY, slug="all")
    world.send(
        identify("de", country="DE", email="de@example.com"),
        identify("ca", address={"country": "US", "state": "CA"}, email="ca@example.com"),
        identify("al", address={"country": "US", "state": "Alabama", "street": "1 Elm"}, email="al@example.com"),
        identify("zone", zone="America/New_York", email="zone@example.com"),
        identify("unknown", email="unknown@example.com"),
        identify("nomail", country="BR"),
        identify("yes", country="DE", email="yes@example.com"),
        identify("no", country="US", email="no@example.com"),
        identify("restricted", country="US", email="restricted@example.com"),
        identify("device", country="US"),
    )
    say(PERSONALIZATION, "granted", user="yes")
    say("email_marketing", "granted", email="yes@example.com")
    say(PERSONALIZATION, "withdrawn", user="no")
    say("email_marketing", "withdrawn", email="no@example.com")
    say("processing", "denied", user="restricted")
    say(PERSONALIZATION, "denied", user="device-b", kind="anonymous_id")
    return Segment.objects.get(pk=found)


@pytest.mark.parametrize("purpose", [PERSONALIZATION, EMAIL_NEWS, "analytics", "third_party_sharing", "sms_marketing"])
def test_the_count_is_what_the_gate_says_of_each_member(segment: Segment, purpose: str) -> None:
    segment.purpose_id = purpose
    segment.save()
    now = utc_now()
    members = list(Membership.objects.filter(segment=segment, left_at=None).values_list("profile_id", flat=True))
    subjects = consent.subjects_of(members)
    expected: dict[str, int] = {}
    for one in members:
        decision = consent.allows(subjects[one], purpose, now)
        if not decision.allowed:
            expected[decision.reason] = expected.get(decision.reason, 0) + 1
    found = queries.activation(segment, now)
    assert (found.purpose, found.people, dict(found.refused)) == (purpose, 10, dict(sorted(expected.items())))
    assert 0 < found.refusing < 10 or purpose == "sms_marketing"


@pytest.mark.parametrize("purpose", [PERSONALIZATION, EMAIL_NEWS, "sms_marketing"])
def test_whom_it_may_be_used_for_is_what_the_gate_says_of_each_member_chunk_by_chunk(
    segment: Segment, purpose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment.purpose_id = purpose
    segment.save()
    now = utc_now()
    members = sorted(Membership.objects.filter(segment=segment, left_at=None).values_list("profile_id", flat=True))
    subjects = consent.subjects_of(members)
    expected = [one for one in members if consent.allows(subjects[one], purpose, now).allowed]
    monkeypatch.setattr(activating, "PAGE", 3)
    chunks = list(queries.activated_members(segment, now))
    assert [one for chunk in chunks for one in chunk] == expected
    assert len(chunks) == 4


def test_a_member_without_identifiers_is_nobody_and_not_allowed(segment: Segment) -> None:
    segment.purpose_id = "analytics"
    segment.save()
    settled = queries.activation(segment, utc_now())
    gone = UUID(int=1)
    Membership.objects.create(segment=segment, profile_id=gone, version=1, entered_at=utc_now(), left_reason="")
    found = queries.activation(segment, utc_now())
    assert found.refused == {**settled.refused, "nobody": 1}
    assert gone not in {one for chunk in queries.activated_members(segment, utc_now()) for one in chunk}


def test_a_purpose_that_nobody_installed_activates_nobody(segment: Segment) -> None:
    segment.purpose_id = "gone"
    assert list(queries.activated_members(segment, utc_now())) == [[]]


def test_whoever_refuses_stays_a_member_and_is_left_out_when_it_is_used(segment: Segment) -> None:
    segment.purpose_id = PERSONALIZATION
    segment.save()
    now = utc_now()
    decisions = queries.activated(segment, [profile("yes"), profile("no"), profile("de")], now)
    assert {one: decisions[profile(one)].reason for one in ("yes", "no", "de")} == {
        "yes": "granted",
        "no": "withdrawn",
        "de": "default_denied",
    }
    reached = {one for part in queries.activated_members(segment, now) for one in part}
    assert reached == {profile(one) for one in ("yes", "ca", "al", "zone", "nomail")}
    assert queries.size(segment.pk) == 10


def test_a_segment_without_a_purpose_refuses_nobody_and_says_so(segment: Segment, admin_client: Client) -> None:
    assert queries.activation(segment, utc_now()).refused == {}
    assert queries.activated(segment, [profile("no")], utc_now())[profile("no")].reason == "no_purpose"
    page = admin_client.get(f"/admin/segments/segment/{segment.pk}/overview/").content.decode()
    assert "It has no purpose: nobody is asked whether they may be addressed." in page


def test_the_page_says_how_many_may_not_be_addressed_and_why(segment: Segment, admin_client: Client) -> None:
    segment.purpose_id = PERSONALIZATION
    segment.save()
    page = admin_client.get(f"/admin/segments/segment/{segment.pk}/overview/").content.decode()
    assert "10 people are in it now" in page
    assert "5 of them may not be addressed for “Personalization”." in page
    assert "1: they asked us to restrict all processing" in page


def test_a_new_segment_is_for_personalization_unless_its_editor_says_otherwise(admin_client: Client) -> None:
    page = admin_client.get("/admin/segments/segment/add/").content.decode()
    assert '<option value="personalization" selected>' in page
    assert '<option value="processing"' not in page
    form = {"name": "N", "slug": "n", "state": "live", "purpose": "analytics", "notes": "", "definition": '{"all": []}'}
    assert admin_client.post("/admin/segments/segment/add/", form).status_code == 302
    assert Segment.objects.get(slug="n").purpose_id == "analytics"
