"""The head of a person's page: who it is, what they are worth, when they were last seen, what we may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Sum

from cdp.admin_home.charts import spoken
from cdp.lib.hashing import address_hash
from commerce.models import Order
from consent import queries as consent
from consent.contracts import ANALYTICS, EMAIL_MARKETING, PERSONALIZATION, Subject
from consent.models import Purpose
from consent.reasons import reason_words
from profiles import queries as profiles
from profiles.models import Profile

BADGES = (EMAIL_MARKETING, ANALYTICS, PERSONALIZATION)


@dataclass(frozen=True, slots=True)
class Badge:
    """What we may do for one purpose, and why."""

    label: str
    allowed: bool
    why: str


@dataclass(frozen=True, slots=True)
class Header:
    """`value`: revenue less refunds by currency in words; `orders`: how many."""

    value: str
    orders: int
    last_seen_at: datetime | None
    first_seen_at: datetime | None
    events: int
    badges: tuple[Badge, ...]


def header(profile: Profile, identifier_ids: Sequence[int], now: datetime) -> Header:
    """The head of this person's page."""
    found = Order.objects.filter(identifier_id__in=identifier_ids, status__in=Order.BOUGHT, placed_at__isnull=False)
    sums = list(
        found.values_list("currency")
        .annotate(total=Sum(F("revenue") - F("refunded")), count=Count("pk"))
        .order_by("-total")
    )
    return Header(
        value=" + ".join(spoken(revenue, currency) for currency, revenue, _ in sums) or "nothing bought yet",
        orders=sum(count for *_, count in sums),
        last_seen_at=profile.last_seen_at,
        first_seen_at=profile.first_seen_at,
        events=profile.event_count,
        badges=badges(profile, identifier_ids, now, codes=BADGES),
    )


def badges(
    profile: Profile, identifier_ids: Sequence[int], now: datetime, *, codes: Sequence[str] = ()
) -> tuple[Badge, ...]:
    """What we may do now for each purpose, or for those of `codes`, by label."""
    email = profiles.email_of(profile.pk)
    subject = Subject(address_hash(email) if email else None, tuple(identifier_ids))
    purposes = Purpose.objects.filter(code__in=codes) if codes else Purpose.objects.all()
    return tuple(_badge(purpose, subject, now) for purpose in purposes.order_by("label"))


def _badge(purpose: Purpose, subject: Subject, now: datetime) -> Badge:
    if purpose.pk == EMAIL_MARKETING:
        ((decision, suppressed),) = consent.mail_gate([subject], purpose.pk, now)
        if decision.allowed and suppressed:
            return Badge(purpose.label, False, reason_words(suppressed))
    else:
        decision = consent.allows(subject, purpose.pk, now)
    return Badge(purpose.label, decision.allowed, reason_words(decision.reason))
