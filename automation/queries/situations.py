"""Everything a decision to mail depends on, for many enrollments with about a dozen statements."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from automation.contracts import Facts
from automation.models import Enrollment, Message
from automation.queries.journeys import cart_now
from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash
from commerce import queries as commerce
from commerce.contracts import CartFacts, CartLine, OrderFacts, ProductFacts
from consent import queries as consent
from consent.contracts import MailPreferenceFacts, Subject
from mailing.names import presentable
from profiles import queries as profiles

HANDED = (Message.State.SENDING, Message.State.SENT, Message.State.UNKNOWN)
WEEK = timedelta(days=7)
NO_WISH = MailPreferenceFacts()
EVERY = {"weekly": timedelta(days=7), "monthly": timedelta(days=30)}

Lines = tuple[tuple[CartLine, ProductFacts | None], ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """An enrollment's facts and what a mail about it needs. `address` is canonical, None if none is known."""

    facts: Facts
    address: str | None
    profile_id: UUID | None
    identifier_ids: tuple[int, ...]
    cart: CartFacts | None
    lines: Lines

    @property
    def address_hash(self) -> bytes | None:
        """Of the address, if one is known."""
        return address_hash(self.address) if self.address else None


@dataclass(frozen=True, slots=True)
class _Person:
    profile_id: UUID | None
    identifier_ids: tuple[int, ...]
    is_shared: bool
    address: str | None

    @property
    def hashed(self) -> bytes | None:
        return address_hash(self.address) if self.address else None


def situation(enrollment: Enrollment, now: datetime, *, address: str | None = None) -> Situation:
    """What holds for an enrollment now. With `address`: for that one, unknown if it is no longer theirs."""
    return situations([enrollment], now, address=address)[0]


def situations(enrollments: Sequence[Enrollment], now: datetime, *, address: str | None = None) -> list[Situation]:
    """What holds for each enrollment now, in their order."""
    found = commerce.carts_by_keys({row.cart_key for row in enrollments})
    carts = [found.get(row.cart_key) for row in enrollments]
    hanging = [cart.identifier_id if cart else row.identifier_id for row, cart in zip(enrollments, carts, strict=True)]
    people = _people(hanging, address)
    lines = _offerable(carts)
    since = [
        cart.last_added_at if cart and cart.last_added_at else row.armed_at
        for row, cart in zip(enrollments, carts, strict=True)
    ]
    ordered = _ordered(people, since)
    gate = _gate([row.journey.purpose_code for row in enrollments], people, now)
    handed = _handed_since(people, now - WEEK)
    hashes = [person.hashed for person in people if person.hashed]
    mailed, wishes = consent.last_mailed(hashes), consent.mail_preferences(hashes)
    return [
        Situation(
            facts=Facts(
                cart=cart_now(carts[n]),
                armed_at=row.armed_at,
                offerable_lines=len(lines[n]),
                known_lines=len(known_lines(lines[n])),
                is_shared=people[n].is_shared,
                has_address=people[n].address is not None,
                suppressed=gate[n][1],
                consent=gate[n][0],
                ordered_since=ordered[n],
                mails_this_week=handed[people[n].hashed or b""],
                last_mailed_at=mailed.get(people[n].hashed or b""),
                paused_until=_wish(wishes, people[n]).paused_until,
                at_most_every=EVERY.get(_wish(wishes, people[n]).frequency, timedelta(0)),
            ),
            address=people[n].address,
            profile_id=people[n].profile_id,
            identifier_ids=people[n].identifier_ids,
            cart=carts[n],
            lines=lines[n],
        )
        for n, row in enumerate(enrollments)
    ]


def known_lines(lines: Lines) -> list[tuple[CartLine, ProductFacts]]:
    """The lines a mail may show: a stranger may say with the public key what lies in a cart, but not what it is."""
    return [(line, product) for line, product in lines if product and is_presentable(product)]


def is_presentable(product: ProductFacts) -> bool:
    """Whether a mail may name this product: a feed or a server told of it, and its name holds no address."""
    return product.is_trusted and bool(presentable(product.name or product.product_id))


def newer_is_queued(message: Message) -> bool:
    """Whether a mail about a cart filled later is queued for the same address."""
    if message.enrollment is None:
        return False
    mine = message.enrollment
    later = Q(enrollment__armed_at__gt=mine.armed_at) | Q(enrollment__armed_at=mine.armed_at, enrollment_id__gt=mine.pk)
    queued = Message.objects.filter(later, address_hash=message.address_hash, state=Message.State.QUEUED)
    return queued.filter(journey__state="live").exists()


def last_handed_at(address: bytes) -> datetime | None:
    """When a marketing mail was last handed over (or perhaps handed over) to an address hash."""
    handed = Message.objects.filter(address_hash=address, state__in=HANDED, sending_at__isnull=False)
    return handed.order_by("-sending_at").values_list("sending_at", flat=True).first()


def _gate(purposes: Sequence[str], people: Sequence[_Person], now: datetime) -> list[tuple[Decision, str]]:
    """What the gate says of each person for the purpose of their journey, asked once a purpose."""
    said: dict[int, tuple[Decision, str]] = {}
    for purpose in sorted(set(purposes)):
        asked = [n for n, one in enumerate(purposes) if one == purpose]
        subjects = [Subject(people[n].hashed, people[n].identifier_ids) for n in asked]
        said |= dict(zip(asked, consent.mail_gate(subjects, purpose, now), strict=True))
    return [said[n] for n in range(len(people))]


def _wish(wishes: Mapping[bytes, MailPreferenceFacts], person: _Person) -> MailPreferenceFacts:
    return wishes.get(person.hashed or b"", NO_WISH)


def _people(identifier_ids: Sequence[int], wanted: str | None) -> list[_Person]:
    """Whoever each identifier belongs to now; nobody writes to a shared one.

    What hangs on an address (a guest's checkout) is written about to that very address: a profile may hold several.
    """
    profile_ids = profiles.profiles_of_identifiers(identifier_ids)
    known = profiles.identifiers_of(set(profile_ids.values()))
    emails = profiles.emails_of(set(profile_ids.values())) if wanted is None else {}
    people = []
    for identifier_id in identifier_ids:
        profile_id = profile_ids.get(identifier_id)
        facts = known[profile_id] if profile_id else []
        is_shared = any(fact.is_shared for fact in facts)
        theirs = {fact.id: fact.value for fact in facts if fact.kind == "email"}
        if wanted is not None:
            address = wanted if wanted in theirs.values() else None
        else:
            address = theirs.get(identifier_id) or (emails.get(profile_id) if profile_id else None)
        ids = tuple(fact.id for fact in facts) or (identifier_id,)
        people.append(_Person(profile_id, ids, is_shared, None if is_shared else address))
    return people


def _offerable(carts: Sequence[CartFacts | None]) -> list[Lines]:
    """The lines that can be bought now; a product the catalog does not know is taken at the cart's word."""
    ids = {line.product_id for cart in carts if cart for line in cart.lines}
    known = commerce.products(ids) | commerce.believed_products(ids)
    pairs = [[(line, known.get(line.product_id)) for line in cart.lines] if cart else [] for cart in carts]
    return [tuple((line, p) for line, p in of_cart if p is None or p.is_offerable) for of_cart in pairs]


def _ordered(people: Sequence[_Person], since: Sequence[datetime]) -> list[bool]:
    """Whether each person placed an order since their instant, whatever identifier it hangs on."""
    ids = {identifier_id for person in people for identifier_id in person.identifier_ids}
    orders = commerce.orders_since(ids, min(since)) if since else []
    return [any(_is_theirs(order, person, at) for order in orders) for person, at in zip(people, since, strict=True)]


def _is_theirs(order: OrderFacts, person: _Person, since: datetime) -> bool:
    return order.identifier_id in person.identifier_ids and order.placed_at is not None and order.placed_at >= since


def _handed_since(people: Sequence[_Person], since: datetime) -> Counter[bytes]:
    """Marketing mails handed over (or perhaps handed over) to each address hash since an instant."""
    hashes = [person.hashed for person in people if person.hashed]
    rows = Message.objects.filter(address_hash__in=hashes, state__in=HANDED, sending_at__gt=since)
    counted = rows.order_by().values_list("address_hash").annotate(count=Count("id"))
    return Counter({bytes(address): count for address, count in counted})
