"""The consent tab: by which law, what holds since when, what was not done and why, each with its ledger line."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import services as consent
from consent.choices import Choice
from consent.contracts import NewRefusal
from consent.models import Entry, Refusal
from consent.services import Preferring, prefer
from consent.services.refusals import forget_refusals
from privacy.models import Request
from profiles.models import Identifier
from tests.people.test_page import as_group, text_of
from tests.segments.world import World

pytestmark = pytest.mark.django_db
EMAIL = "grace@example.com"
__all__ = ["as_group"]
Group = Callable[[str], Client]


@pytest.fixture
def grace(settings: Settings) -> str:
    """Lives in Germany, said yes to news and no to personalization; answers the page's address."""
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    forget_refusals()
    traits = {"email": EMAIL, "country": "DE"}
    World().send({"type": "identify", "userId": "grace", "traits": traits})
    who: dict[str, Any] = {"is_verified": True, "actor": "person", "method": "page"}
    consent.choose(Choice("email_news", "granted", address=EMAIL, notice_version=1, **who), now=utc_now())
    consent.choose(Choice("email_marketing", "granted", address=EMAIL, **who), now=utc_now())
    consent.choose(Choice("personalization", "denied", identifier=("user_id", "grace"), **who), now=utc_now())
    return f"/admin/profiles/profile/{Identifier.objects.get(value='grace').profile_id}/change/"


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_law_and_how_it_was_derived_are_told(grace: str, as_group: Group) -> None:
    text = words(text_of(as_group("support"), grace, tab="consent"))
    assert "The law that holds GDPR and ePrivacy by the country they told us (DE)" in text


def test_each_purpose_stands_with_why_since_when_and_its_line(grace: str, as_group: Group) -> None:
    html = text_of(as_group("support"), grace, tab="consent")
    text = words(html)
    line = Entry.objects.get(purpose_id="personalization")
    assert re.search(r"Personalization no they said no on a page of ours", text)
    assert f'<a class="h-link" href="/admin/consent/entry/{line.pk}/change/">ledger #{line.pk}</a>' in html
    assert re.search(r"↳ News and ideas yes they said yes on a page of ours .* notice v1", text)
    assert re.search(r"↳ Reminders about your cart yes they said yes", text)
    assert re.search(r"Analytics no nobody said anything: not allowed by default where they live", text)


def test_what_was_not_done_is_told_in_words_with_the_line_that_said_so(grace: str, as_group: Group) -> None:
    assert "Nothing was held back from them so far." in text_of(as_group("support"), grace, tab="consent")
    line = Entry.objects.get(purpose_id="personalization")
    person = Identifier.objects.get(value="grace")
    now, held = utc_now(), address_hash(EMAIL)
    with transaction.atomic():
        consent.note_refusals(
            [
                NewRefusal("recommendation", "personalization", "denied", line.pk, identifier_id=person.pk),
                NewRefusal("send", "email_reminders", "paused", address_hash=held),
                NewRefusal("send", "email_reminders", "suppressed_complaint", address_hash=held),
                NewRefusal("send", "email_reminders", "parent_withdrawn", address_hash=held),
            ],
            now,
        )
    Refusal.objects.filter(use="recommendation").update(times=1204)
    html = text_of(as_group("marketer"), grace, tab="consent")
    text = words(html)
    assert "Not personalized Personalization they said no" in text
    assert "1,204" in text
    assert "Mail not sent Reminders about your cart they asked for a pause" in text
    assert "the address reported our mail as spam" in text
    assert "they took it back, of all it belongs to" in text
    assert "nobody: the default" not in text
    assert (EMAIL in html, "grace" in words(html).replace("grace@", "")) == (False, False)


def test_mail_preferences_and_requests_are_shown_without_an_address_in_any_link(grace: str, as_group: Group) -> None:
    now = utc_now()
    prefer(address_hash(EMAIL), Preferring(frequency="weekly", pause_until=now + timedelta(days=3)), now=now)
    asked = Request.objects.create(
        kind="access", regime="gdpr", address_hash=address_hash(EMAIL), came_by="page", due_at=now + timedelta(days=30)
    )
    html = text_of(as_group("support"), grace, tab="consent")
    assert "at most once a week" in html
    assert re.search(r"paused</span> until", html)
    assert "Access and portability" in html
    assert str(asked.pk) in html or "/admin/privacy/request/" not in html
    assert not re.findall(r'href="[^"]*grace[^"]*"', html)
