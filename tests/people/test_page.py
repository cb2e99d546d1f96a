"""A person's page: every tab for those who may see and those who may not, as it is and as it stood."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from cdp.admin_person import page, past
from cdp.lib.clock import utc_now
from commerce.models import Product
from people import services
from people.models import ComputedTrait
from profiles.models import Account, AccountMember, Identifier
from tests.people.conftest import Say

pytestmark = pytest.mark.django_db(transaction=True)
PERSONAL = (
    *("ada.l@example.com", "+4930901820", "Lovelace", "Primrose Lane", "u-1815", "anon-77", "Countess", "0199-crm"),
)


@pytest.fixture
def as_group(db: None) -> Callable[[str], Client]:
    apply_rights()

    def signed_in(name: str) -> Client:
        user = User.objects.create_user(f"{name}@staff.example", is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def ada(say: Say, drain: Callable[..., int]) -> str:
    """Somebody of whom everything personal is known; answers the page's address."""
    services.ship()
    ComputedTrait.objects.create(
        name="last_note", label="Last note", kind="last", event="Note Left", property="note", over="events"
    )
    now = utc_now()
    who = {"userId": "u-1815", "anonymousId": "anon-77"}
    says = {"email": "ada.l@example.com", "phone": "+4930901820", "name": "Ada Lovelace"}
    external = {"externalIds": [{"id": "0199-crm", "type": "crm_id", "collection": "users", "encoding": "none"}]}
    say(
        {
            "type": "identify",
            **who,
            "timestamp": (now - timedelta(days=9)).isoformat(),
            "traits": {**says, "title": "Miss", "address": {"street": "Primrose Lane 1"}},
            "context": external,
        },
        {"type": "identify", **who, "timestamp": (now - timedelta(days=8)).isoformat(),
         "traits": {"title": "Countess"}},
        {"type": "group", **who, "timestamp": (now - timedelta(days=8)).isoformat(), "groupId": "club-Lovelace",
         "traits": {"name": "Lovelace Club"}},
        {"event": "Note Left", **who, "timestamp": (now - timedelta(days=7)).isoformat(),
         "properties": {"note": "call Lovelace", "email": "ada.l@example.com"}},
        {"event": "Product Clicked", **who, "timestamp": (now - timedelta(days=6)).isoformat(),
         "properties": {"product_id": "lamp", "name": "Lamp", "price": 329}},
        {"event": "Order Completed", **who, "timestamp": (now - timedelta(days=5)).isoformat(),
         "properties": {"order_id": "o1", "revenue": 20, "currency": "EUR", "email": "ada.l@example.com",
                        "products": [{"product_id": "lamp", "name": "Lamp", "price": 20, "quantity": 1}]},
         "context": {"traits": says}},
        {"event": "Segment Consent Preference Updated", **who, "timestamp": (now - timedelta(days=4)).isoformat(),
         "context": {"consent": {"categoryPreferences": {"analytics": True, "email_marketing": True}}}},
    )  # fmt: skip
    drain()
    Product.objects.filter(product_id="lamp").update(currency="EUR")
    profile_id = Identifier.objects.get(kind="email").profile_id
    if not AccountMember.objects.exists():
        made = Account.objects.create(group_id="club-Lovelace", first_seen_at=now, last_seen_at=now)
        AccountMember.objects.create(
            account=made, identifier=Identifier.objects.get(kind="user_id"), first_seen_at=now, last_seen_at=now
        )
    return f"/admin/profiles/profile/{profile_id}/change/"


def text_of(client: Client, address: str, **asked: Any) -> str:
    answer = client.get(f"{address}?{urlencode(asked)}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_no_tab_tells_a_marketer_who_it_is(ada: str, as_group: Callable[[str], Client]) -> None:
    client = as_group("marketer")
    now = utc_now().isoformat()
    pages = {tab: text_of(client, ada, tab=tab) for tab, _ in page.TABS}
    pages |= {f"{tab} then": text_of(client, ada, tab=tab, at=now) for tab, _ in past.TABS}
    told = {(tab, word) for tab, html in pages.items() for word in PERSONAL if word in html}
    assert told == set()
    seen = as_group("support")
    whole = "".join(text_of(seen, ada, tab=tab) for tab, _ in page.TABS)
    assert [word for word in PERSONAL if word not in whole] == []  # the control: those with the right see all of it


def test_sentences_tell_a_marketer_what_happened_and_never_who(say: Say, as_group: Callable[[str], Client]) -> None:
    say(
        {"userId": "u1", "event": "Contact Form Sent", "properties": {"name": "Ada Secret"}},
        {"userId": "u1", "event": "Email Link Clicked", "properties": {"link_url": "https://s.example/?m=secret@x.example"}},
        {"userId": "u1", "event": "Page Left", "properties": {"path": "/secret", "title": "Ada Secret"}},
        {"userId": "u1", "event": "Products Searched", "properties": {"query": "secret"}},
        {"userId": "u1", "event": "Email Opened", "properties": {"email_subject": "Ada Secret, your cart"}},
        {"type": "page", "userId": "u1", "name": "Account of Ada Secret", "properties": {"path": "/secret"}},
        {"userId": "u1", "event": "Checkout Step Viewed", "properties": {"step": "secret@x.example"}},
        {"userId": "u1", "event": "Product Viewed", "properties": {"product_id": "p1", "name": "Trail Shoe"}},
    )  # fmt: skip
    address = f"/admin/profiles/profile/{Identifier.objects.get().profile_id}/change/"
    marketer = as_group("marketer")
    html = text_of(marketer, address)
    assert ("ecret" in html, "Trail Shoe" in html, "searched for" in html) == (False, True, True)
    assert [text_of(marketer, address, q=word).count("Nothing matches") for word in ("Ada", "p1")] == [1, 0]
    whole = as_group("support")
    assert (text_of(whole, address).count("Ada Secret") > 2, "Nothing matches" in text_of(whole, address, q="Ada")) == (
        True,
        False,
    )


def test_the_timeline_tells_currency_device_and_what_was_sent(ada: str, as_group: Callable[[str], Client]) -> None:
    html = text_of(as_group("support"), ada)
    assert "€329.00" in html
    assert "call Lovelace" in html


def test_a_day_can_be_jumped_to(ada: str, as_group: Callable[[str], Client]) -> None:
    client = as_group("support")
    day = (datetime.now(UTC) - timedelta(days=6)).date().isoformat()
    html = text_of(client, ada, jump=day)
    assert ("ordered" in html, "clicked" in html, "Newest" in html) == (False, True, True)
    assert "is not a date" in text_of(client, ada, jump="soon")


def test_traits_tell_what_was_said_before(ada: str, as_group: Callable[[str], Client]) -> None:
    html = text_of(as_group("support"), ada, tab="traits")
    assert re.search(r"Countess.*1 earlier value.*Miss", html, re.S)
    assert "backend" in html


def test_figures_stand_with_how_they_are_computed(ada: str, as_group: Callable[[str], Client]) -> None:
    html = text_of(as_group("support"), ada, tab="figures")
    assert ("€20.00" in html, "sum of net_revenue by currency of orders" in html) == (True, True)
    masked = text_of(as_group("marketer"), ada, tab="figures")
    assert ("€20.00" in masked, "•••" in masked) == (True, True)


def test_consent_stands_with_its_proof(ada: str, as_group: Callable[[str], Client]) -> None:
    html = text_of(as_group("support"), ada, tab="consent")
    assert re.search(r"ledger #\d+", html)
    assert re.search(r"event #\d+", html)


def test_the_page_as_it_stood(ada: str, as_group: Callable[[str], Client], say: Say) -> None:
    then = utc_now().isoformat()
    say({"userId": "u-1815", "event": "Wished", "timestamp": utc_now().isoformat()})
    client = as_group("support")
    assert "Wished" in text_of(client, ada)
    html = text_of(client, ada, at=then)
    assert ("As it stood on" in html, "Wished" in html, "Back to now" in html) == (True, False, True)
    assert "this person" in text_of(client, ada, tab="identifiers", at=then)
    before = text_of(client, ada, tab="identifiers", at=(utc_now() - timedelta(days=1)).isoformat())
    assert "not known yet" in before
    assert "lies in the future" in text_of(client, ada, at="2999-01-01T00:00")
    assert "is no time" in text_of(client, ada, at="yesterday")


def test_each_view_is_audited_with_its_tab_and_not_twice_a_minute(ada: str, as_group: Callable[[str], Client]) -> None:
    client = as_group("support")
    for _ in range(3):
        text_of(client, ada)
        text_of(client, ada, tab="traits")
    text_of(client, ada, tab="traits", at=utc_now().isoformat())
    found = sorted(AuditEntry.objects.filter(action="viewed").values_list("reason", flat=True))
    assert found == ["tab timeline", "tab traits", "tab traits, as it stood"]


def test_a_computed_trait_is_made_with_a_preview(ada: str, as_group: Callable[[str], Client]) -> None:
    client = as_group("marketer")
    draft = {
        "label": "Lamps", "name": "lamps", "kind": "count", "over": "events", "event": "Product Clicked",
        "property": "", "filters": "product_id = lamp", "window_days": "30", "how_many": "5", "enabled": "on",
    }  # fmt: skip
    found = client.post("/admin/people/computedtrait/preview/", draft).json()
    assert found["sentence"] == "how many of Product Clicked where product_id is lamp in the last 30 days"
    assert [(one["value"], "Lovelace" in one["name"]) for one in found["people"]] == [("1", False)]
    bad = client.post("/admin/people/computedtrait/preview/", {**draft, "kind": "sum"}).json()
    assert bad["error"] == "“sum of a property” needs a property."
    assert client.post("/admin/people/computedtrait/add/", draft).status_code == 302
    made = ComputedTrait.objects.get(name="lamps")
    assert (made.filters, made.window_days) == ({"product_id": "lamp"}, 30)
    html = client.get(f"/admin/people/computedtrait/{made.pk}/change/").content.decode()
    assert ('<option value="Product Clicked">' in html, "product_id = lamp" in html) == (True, True)
    refused = client.post("/admin/people/computedtrait/add/", {**draft, "name": "2 lamps", "filters": "lamp"})
    assert "Use small letters" in refused.content.decode()
    assert "“lamp” is no condition" in refused.content.decode()
    assert client.post(f"/admin/people/computedtrait/{made.pk}/delete/", {"post": "yes"}).status_code == 403


def test_today_as_a_day_is_this_moment_and_tomorrow_is_refused() -> None:
    now, zone = datetime(2026, 11, 22, 9, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin")
    assert past.instant("2026-11-22", zone, now) == (now, "")
    assert past.instant("2026-11-23", zone, now) == (None, past.FUTURE)


def test_every_choice_of_the_timelines_filter_finds_what_it_counts(as_group: Callable[[str], Client], ada: str) -> None:
    client = as_group("support")
    form = client.get(ada).content.decode()
    choices = re.findall(r'<option value="([^"]+)"[^>]*>[^<]+ \((\d+)\)</option>', form)
    assert ("identify", "2") in choices
    for name, count in choices:
        shown = client.get(ada, {"tab": "timeline", "event": name}).content.decode()
        assert shown.count("<details") == int(count), name
