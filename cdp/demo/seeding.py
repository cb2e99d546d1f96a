"""Makes the demo's accounts, sources, keys, segments, placements, journey, offers and decided places.

Each step leaves alone what an earlier start made.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec.structs
from django.contrib.auth.models import Group, User

from automation import services as automation
from automation.models import Journey
from automation.services.shipping import make_from
from campaigns.contracts import Audience, CampaignDraft, VariantDraft
from campaigns.models import Campaign
from campaigns.services.saving import save_campaign
from cdp.access import services as access
from cdp.access.contracts import SCOPES
from cdp.access.models import ServerKey, UserTokenKey
from cdp.admin_home.groups import RIGHTS
from cdp.demo.deals.content import make_content
from cdp.demo.deals.offers import make_offers, make_prices
from cdp.demo.deals.places import make_experiment, make_places
from cdp.demo.report import Account, DemoReport
from cdp.demo.simulate.worlds import Plan
from cdp.demo.sparing import spare
from cdp.lib.clock import utc_now
from consent.contracts import EMAIL_MARKETING
from events.models import Source
from mailing.models import Policy
from recommendations.placements import spec_from_row
from recommendations.services import placements
from segments import services as segments
from segments.contracts import SegmentDraft
from segments.models import Segment

SEED = 7
"""Of the people played; the shop's personas are among them."""
PEOPLE, DAYS = 900, 75
"""Who they are and how long they have been shopping when the demo opens; the same people go on live."""
IDLE_MINUTES = 1
TOKEN_KID = "demo-shop"  # noqa: S105 - the name of the key with which the demo shop vouches for who is signed in
CAP_PER_WEEK = 21
"""Whoever tries the demo leaves more carts in an hour than a customer in a month."""
OFTEN: dict[str, Any] = {"cap_per_week": CAP_PER_WEEK, "quiet_from_hour": None, "quiet_to_hour": None}

DRAFTS = ("welcome", "browse-abandoned", "post-purchase", "win-back")
MEASURED, HELD_OUT = "category-top", 0.1

SEGMENTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "recent-buyers",
        "Recent buyers",
        "Ordered in the last 30 days.",
        {"did": "Order Completed", "within": {"days": 30}},
    ),
    (
        "repeat-buyers",
        "Repeat buyers",
        "Ordered twice or more.",
        {"did": "Order Completed", "count": {"gte": 2}},
    ),
    (
        "browsers-without-order",
        "Lookers",
        "Viewed three products or more in 14 days and never ordered.",
        {
            "all": [
                {"did": "Product Viewed", "count": {"gte": 3}, "within": {"days": 14}},
                {"did": "Order Completed", "count": {"eq": 0}},
            ]
        },
    ),
    (
        "left-a-cart",
        "Left a cart",
        "Put something into a cart in the last 7 days without ordering since.",
        {
            "all": [
                {"did": "Product Added", "within": {"days": 7}},
                {"did": "Order Completed", "count": {"eq": 0}, "within": {"days": 7}},
            ]
        },
    ),
)


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """Write keys of the two sources and the server key's text."""

    browser: str
    server: str
    secret: str


def plan(now: datetime) -> Plan:
    """The demo's past, up to now."""
    return Plan(SEED, PEOPLE, DAYS, now, worlds=("shop", "cart"), idle=timedelta(minutes=IDLE_MINUTES))


def make_accounts(earlier: DemoReport | None) -> list[Account]:
    """One account a group; passwords of an earlier start stay."""
    known = {account.email: account.password for account in earlier.accounts} if earlier else {}
    made = []
    for group in RIGHTS:
        email = f"{group.replace(' ', '-')}@demo.example"
        password = known.get(email) or secrets.token_urlsafe(9)
        user, _ = User.objects.get_or_create(username=email, defaults={"email": email, "is_staff": True})
        if not user.check_password(password):
            user.set_password(password)
            user.save()
        user.groups.set([Group.objects.get(name=group)])
        made.append(Account(group, email, password))
    return made


def make_keys(earlier: DemoReport | None) -> DemoKeys:
    """A browser and a server source, a user-token key, and a server key with every scope. A lost one is replaced."""
    browser, _ = Source.objects.get_or_create(name="Demo shop, pages", defaults={"kind": Source.Kind.BROWSER})
    server, _ = Source.objects.get_or_create(name="Demo shop, server", defaults={"kind": Source.Kind.SERVER})
    if not UserTokenKey.objects.filter(kid=TOKEN_KID, revoked_at=None).exists():
        access.make_user_token_key(TOKEN_KID)
    secret = earlier.server_key if earlier else ""
    if not secret or not ServerKey.objects.filter(prefix=secret[:8], revoked_at=None).exists():
        _, secret = access.make_server_key("Demo shop backend", SCOPES)
    return DemoKeys(browser.write_key, server.write_key, secret)


def make_segments() -> None:
    """The demo's segments, live from the first event on."""
    for slug, name, notes, definition in SEGMENTS:
        if not Segment.objects.filter(slug=slug).exists():
            segments.save_segment(SegmentDraft(slug=slug, name=name, notes=notes, definition=definition))


def make_placements() -> None:
    """The usual placements; a tenth of those who look at categories is held out, so that figures have a side to stand
    beside. Whoever changed or deleted some keeps it so."""
    for made in placements.ensure_starters():
        if made.key == MEASURED:
            spec = msgspec.structs.replace(spec_from_row(made), holdout=HELD_OUT)
            placements.save_placement(placements.PlacementDraft(spec), placement_id=made.pk)


def make_drafts(now: datetime) -> None:
    """Journeys and a campaign to open, change and try: drafts, so that whoever tries the demo decides what is sent.

    Once any of them was made, all are left alone.
    """
    if Journey.objects.filter(shipped__in=DRAFTS).exists() or Campaign.objects.exists():
        return
    for slug in DRAFTS:
        make_from(slug, None)
    slugs = dict(Segment.objects.filter(slug__in=("browsers-without-order", "recent-buyers")).values_list("slug", "pk"))
    draft = CampaignDraft(
        name="News from the shop",
        purpose=EMAIL_MARKETING,
        audience=Audience(include=(slugs["browsers-without-order"],), exclude=(slugs["recent-buyers"],)),
        variants=(
            VariantDraft("A", "newsletter", share=Decimal("0.5")),
            VariantDraft("B", "newsletter", subject="Picked for you this week", share=Decimal("0.5")),
        ),
        test_share=Decimal("0.2"),
        holdout_share=Decimal("0.1"),
    )
    save_campaign(draft, by=None, now=now)


def make_deals(now: datetime) -> None:
    """Offers with codes, prices, content, an experiment and decided places, in the marketer's name."""
    by = User.objects.filter(username="marketer@demo.example").first()
    make_offers(by, now)
    make_prices(by)
    make_content(by)
    make_experiment(by, now)
    make_places(by)


def start_journey(spared: Iterable[str] = ()) -> Journey:
    """The abandoned-cart journey, live, with an idle time short enough to watch; `spared` addresses not held out."""
    journey = automation.ensure_default_journeys()
    spare(journey, spared, utc_now())
    if journey.state == Journey.State.DRAFT:
        journey.draft["trigger"]["idle_minutes"] = IDLE_MINUTES
        journey.save(update_fields=["draft"])
        Policy.objects.update_or_create(pk=1, defaults=OFTEN)
        automation.activate(journey)
    return journey
