"""Reads what the platform knows of somebody, section by section, each line in words and with its page in the admin."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.urls import reverse

from automation.models import Enrollment
from automation.queries.journeys import SENDER
from automation.reasons import words
from cdp.admin_person.words import contents, money
from cdp.demo.knows import contracts as told
from cdp.demo.knows.binding import Bound
from cdp.demo.knows.reasons import about_words, consent_words, event_words
from cdp.lib.hashing import address_hash
from commerce.models import Cart, Order
from consent import queries as consent
from consent.contracts import EMAIL_MARKETING, Subject
from consent.models import Purpose
from decisions.models import Decision
from events.models import Event, RejectedEvent
from mailing.models import Message
from profiles import queries as profiles
from recommendations import queries as recommendations
from recommendations.contracts import RecommendationRequest
from segments import queries as segments
from segments.rules import Explanation

STRENGTH = {"user_id": 0, "email": 1, "phone": 2, "anonymous_id": 9}
EVENTS, ROWS, RECOMMENDED = 20, 4, 4
CONSENT_CHOSEN = "Segment Consent Preference Updated"
REFUSED_LATELY = timedelta(minutes=15)


def admin_link(model: str, pk: object) -> str:
    """The page of a row in the admin; `model` as `events_event`."""
    return reverse(f"admin:{model}_change", args=[pk])


def identifiers(bound: Bound, anonymous_id: str) -> list[told.Identifier]:
    """The strongest first, this browser's before other browsers'; at most ten."""
    facts = sorted(bound.identifiers, key=lambda fact: (STRENGTH.get(fact.kind, 5), fact.value != anonymous_id))
    return [
        told.Identifier(f.kind, f.value, f.value == anonymous_id, admin_link("profiles_identifier", f.id))
        for f in facts[:10]
    ]


def events(bound: Bound, anonymous_id: str, now: datetime) -> list[told.SeenEvent]:
    """The latest, stored and refused, newest first."""
    rows = Event.objects.filter(identifier_id__in=bound.ids).order_by("-occurred_at", "-id")[:EVENTS]
    stored = [
        told.SeenEvent(
            row.occurred_at,
            row.name,
            about_words(row.properties, row.context if row.name == CONSENT_CHOSEN else {}),
            "server" if row.server_side else "browser",
            event_words(row.flags),
            True,
            admin_link("events_event", row.pk),
        )
        for row in rows
    ]
    return sorted([*stored, *_refused(anonymous_id, now)], key=lambda event: event.at, reverse=True)[:EVENTS]


def _refused(anonymous_id: str, now: datetime) -> Iterable[told.SeenEvent]:
    """Items in quarantine that name this very anonymous id."""
    rows = RejectedEvent.objects.filter(rejected_at__gte=now - REFUSED_LATELY).order_by("-rejected_at")[:50]
    for row in rows:
        if anonymous_id.encode() in bytes(row.raw):
            link = admin_link("events_rejectedevent", row.pk)
            yield told.SeenEvent(row.received_at, "refused", row.stage, "browser", row.reason, False, link)


def event_count(bound: Bound) -> int:
    """How many events the profile counts."""
    state = profiles.profile_states([bound.profile_id]).get(bound.profile_id) if bound.profile_id else None
    if state is None:
        return Event.objects.filter(identifier_id__in=bound.ids).count()
    return sum(counter[0] for counter in state.counters.values())


def traits(profile_id: UUID) -> list[told.Trait]:
    """By name."""
    state = profiles.profile_states([profile_id]).get(profile_id)
    found = sorted(state.traits.items()) if state else []
    return [told.Trait(name, _line(value)) for name, value in found]


def consents(bound: Bound, now: datetime) -> list[told.Consent]:
    """Every purpose: what holds now, and what says so."""
    email = profiles.email_of(bound.profile_id) if bound.profile_id else None
    subject = Subject(address_hash(email) if email else None, bound.ids)
    found = []
    for purpose in Purpose.objects.order_by("label"):
        decision, held = consent.allows(subject, purpose.code, now), ""
        if purpose.code == EMAIL_MARKETING:
            decision, held = consent.mail_gate([subject], purpose.code, now)[0]
        link = admin_link("consent_entry", decision.evidence) if decision.evidence else ""
        why = f"suppressed: {held}" if held else consent_words(decision.reason)
        found.append(told.Consent(purpose.label, decision.allowed and not held, why, link))
    return found


def baskets(bound: Bound) -> list[told.Basket]:
    """The latest carts and orders, newest first. A cart that became an order is shown as the order."""
    carts = Cart.objects.filter(identifier_id__in=bound.ids).exclude(state=Cart.State.ORDERED)
    orders = Order.objects.filter(identifier_id__in=bound.ids, placed_at__isnull=False).prefetch_related("lines")
    found = [
        told.Basket(
            "Cart",
            cart.state,
            contents(cart.lines),
            money(cart.value, cart.currency),
            cart.last_activity_at,
            admin_link("commerce_cart", cart.pk),
        )
        for cart in carts.order_by("-last_activity_at")[:ROWS]
    ]
    found += [_order(order) for order in orders.order_by("-placed_at")[:ROWS]]
    return sorted(found, key=lambda basket: basket.at, reverse=True)[: ROWS + 1]


def _order(order: Order) -> told.Basket:
    lines = [{"name": line.name, "quantity": str(line.quantity.normalize())} for line in order.lines.all()]
    placed_at = order.placed_at or order.updated_at
    amount, link = money(order.total or order.revenue, order.currency), admin_link("commerce_order", order.pk)
    return told.Basket(f"Order {order.order_id}", order.get_status_display(), contents(lines), amount, placed_at, link)


def segments_of(profile_id: UUID, now: datetime) -> list[told.Segment]:
    """Every live segment, those the person is in first, each with its clauses."""
    found = [
        told.Segment(
            why.name,
            why.is_member,
            why.since,
            list(_clauses(why.explanation, 0)),
            admin_link("segments_segment", why.segment_id),
        )
        for why in segments.why(profile_id, None, now)
    ]
    return sorted(found, key=lambda segment: (not segment.member, segment.name))


def _clauses(explanation: Explanation, depth: int) -> Iterable[told.Clause]:
    yield told.Clause(explanation.sentence, explanation.holds, _clause_value(explanation), depth)
    for child in explanation.children:
        yield from _clauses(child, depth + 1)


def _clause_value(explanation: Explanation) -> str:
    if explanation.found is not None:
        return f"{explanation.found} found"
    if explanation.kind == "trait":
        return "not known" if explanation.actual is None else f"is {_line(explanation.actual)}"
    return ""


def recommended(bound: Bound, now: datetime) -> list[told.Recommended]:
    """What a "for you" row would hold now."""
    request = RecommendationRequest(
        now=now,
        profile_id=bound.profile_id,
        identifier_ids=() if bound.profile_id else bound.ids,
        n=RECOMMENDED,
    )
    return [
        told.Recommended(i.product_id, i.product.name, i.sentence, i.strategy.value, i.product.url)
        for i in recommendations.answer(request).items
    ]


def decided(bound: Bound) -> list[told.Decided]:
    """What places were to show, newest first."""
    rows = Decision.objects.filter(identifier_id__in=bound.ids, version__isnull=False)
    newest = rows.select_related("version__placement").order_by("-decided_at")[: ROWS + 1]
    found = []
    for row in newest:
        if row.version is not None:
            place = row.version.placement
            link = reverse("decided-place", args=[place.pk])
            why, seen = row.reason.replace("_", " "), row.exposed_at is not None
            found.append(told.Decided(place.name, f"{row.decided_by}: {row.arm}", why, row.decided_at, seen, link))
    return found


def mails(bound: Bound) -> list[told.Mail]:
    """Mails made, and carts that wait for one or ended without, newest first."""
    made = list(Message.objects.filter(identifier_id__in=bound.ids).order_by("-queued_at")[:ROWS])
    found = [_mail(message) for message in made]
    waiting = Enrollment.objects.filter(identifier_id__in=bound.ids).select_related("journey")
    for row in waiting.exclude(pk__in=[one.about_id for one in made if one.sender == SENDER]).order_by("-armed_at")[
        :ROWS
    ]:
        is_waiting = row.state in (Enrollment.State.ARMED, Enrollment.State.WAITING)
        due = row.due_at if is_waiting and row.reason != "no_address" else None
        why = words(row.reason) if row.reason else "Sent if nothing happens until then"
        what = f"{row.journey.name}: {'due' if due else row.get_state_display().lower()}"
        link = admin_link("automation_enrollment", row.pk)
        found.append(told.Mail(what, why, row.ended_at or row.armed_at, due, link))
    return sorted(found, key=lambda mail: mail.at, reverse=True)[:ROWS]


def _mail(message: Message) -> told.Mail:
    at = message.finished_at or message.queued_at
    what = f"{message.subject or 'Mail'}: {message.get_state_display().lower()}"
    why = words(message.reason) if message.reason else ""
    return told.Mail(what, why, at, None, admin_link("mailing_message", message.pk))


def _line(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    return text if len(text) <= 80 else text[:79] + "…"


def sections(bound: Bound, anonymous_id: str, now: datetime) -> dict[str, Any]:
    """Every section of Known for somebody."""
    found: dict[str, Any] = {
        "identifiers": identifiers(bound, anonymous_id),
        "events": events(bound, anonymous_id, now),
        "event_count": event_count(bound),
        "consents": consents(bound, now),
        "baskets": baskets(bound),
        "recommended": recommended(bound, now),
        "decisions": decided(bound),
        "mails": mails(bound),
    }
    if bound.profile_id is None:
        return found
    found |= {"traits": traits(bound.profile_id), "segments": segments_of(bound.profile_id, now)}
    return found | {"profile": admin_link("profiles_profile", bound.profile_id)}


def in_segments(found: Sequence[told.Segment]) -> int:
    """How many the person is in."""
    return sum(segment.member for segment in found)
