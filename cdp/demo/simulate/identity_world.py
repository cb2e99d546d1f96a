"""The identity world: registered people, guests and strangers on their own and on shared devices, over some days."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from cdp.demo.simulate.people import Device, Person, Registry
from cdp.demo.simulate.shopping import Buyer, Shopper
from cdp.demo.simulate.truth import Key, Truth
from cdp.demo.simulate.wire import Parcel, Phase, Tracker, consent, whole_ms

BLOCKED = ("null", "undefined", "00000000-0000-0000-0000-000000000000", "guest")
VISITS_A_DAY = 0.12


@dataclass(slots=True)
class Habits:
    """One person with their devices; `logs_in` says on which they ever do."""

    person: Person
    devices: list[Device]
    logs_in: list[bool]
    joined_at: datetime
    visits: list[datetime] = field(default_factory=list)


class IdentityWorld:
    """Yields parcels person by person; the truth is complete when all have been taken."""

    def __init__(
        self,
        registry: Registry,
        shopper: Shopper,
        tracker: Tracker,
        truth: Truth,
        rng: Random,
        *,
        now: datetime,
        days: int,
    ) -> None:
        self._registry, self._shopper, self._tracker, self._truth = registry, shopper, tracker, truth
        self._rng, self._now, self._days = rng, now, days

    def parcels(self, people: int) -> Iterator[list[Parcel]]:
        """The histories of `people`, one person or household at a time."""
        left = people
        while left > 0:
            dice = self._rng.random()
            if dice < 0.04 and left >= 4:
                size = self._rng.randrange(2, 5)
                yield list(self._household(size))
                left -= size
            elif dice < 0.045 and left >= 12:
                size = self._rng.randrange(8, 13)
                yield list(self._kiosk(size))
                left -= size
            elif dice < 0.055 and left >= 2:
                yield list(self._borrowed_tablet())
                left -= 2
            else:
                yield list(self._single(dice))
                left -= 1

    def _single(self, dice: float) -> Iterator[Parcel]:
        if dice < 0.72:
            yield from self._registered(self._habits())
        elif dice < 0.86:
            yield from self._guest(self._habits())
        else:
            yield from self._stranger(self._habits())

    def _habits(self) -> Habits:
        rng = self._rng
        person = self._registry.person("id")
        devices = [self._registry.device() for _ in range(rng.choice((1, 1, 2, 2, 3)))]
        span = self._days * 86_400
        count = 1 + min(60, int(rng.expovariate(1 / max(0.5, self._days * VISITS_A_DAY))))
        visits = sorted(self._at(rng.randrange(7_200, span)) for _ in range(count))
        return Habits(person, devices, [rng.random() < 0.9 for _ in devices], visits[0], visits)

    def _at(self, seconds_ago: int) -> datetime:
        return whole_ms(self._now - timedelta(seconds=seconds_ago, milliseconds=self._rng.randrange(1000)))

    def _registered(self, habits: Habits, *, phone: str | None = None, guest_first: bool = True) -> Iterator[Parcel]:
        """Signs up on the first visit or after one as a guest; may change address, give a phone, a loyalty card."""
        rng, person, truth = self._rng, habits.person, self._truth
        truth.person(person.key, "registered")
        visits = habits.visits
        if guest_first and len(visits) > 2 and rng.random() < 0.1:
            yield from self._visits(Buyer(person, guest_email=person.email), habits, visits[:1])
            visits = visits[1:]
        yield self._sign_up(person, visits[0] - timedelta(seconds=60), phone)
        yield from self._visits(Buyer(person, user_id=person.user_id), habits, visits)
        if rng.random() < 0.08:
            yield self._change_address(person, visits[-1] + timedelta(seconds=30))

    def _sign_up(self, person: Person, at: datetime, phone: str | None) -> Parcel:
        rng, owned = self._rng, [("user_id", person.user_id), ("email", person.email)]
        spelled = person.email.title() if rng.random() < 0.2 else person.email
        traits = {"email": spelled, "firstName": person.first, "lastName": person.last, "country": person.country}
        traits |= {"city": person.city, "taste": person.tastes[0], "synthetic": "yes"}
        context: dict[str, object] = {}
        if phone is not None:
            traits["phone"] = phone
        elif rng.random() < 0.3:
            number = self._registry.phone()
            traits["phone"] = f"{number[:3]} {number[3:6]} {number[6:]}"
            owned.append(("phone", number))
        if rng.random() < 0.2:
            card = f"L{person.user_id[1:]}"
            context["externalIds"] = [{"id": card, "type": "loyalty_id", "collection": "users", "encoding": "none"}]
            owned.append(("loyalty_id", card))
        if rng.random() < 0.6:
            context |= consent(rng.random() < 0.85)
        self._truth.sees(person.key, *owned)
        return self._server(at, self._tracker.register(person.user_id, at, traits, context=context))

    def _change_address(self, person: Person, at: datetime) -> Parcel:
        address = self._registry.second_address(person)
        self._truth.sees(person.key, ("user_id", person.user_id), ("email", address))
        return self._server(at, self._tracker.register(person.user_id, at, {"email": address}))

    def _guest(self, habits: Habits) -> Iterator[Parcel]:
        self._truth.person(habits.person.key, "guest")
        yield from self._visits(Buyer(habits.person, guest_email=habits.person.email), habits, habits.visits)

    def _stranger(self, habits: Habits) -> Iterator[Parcel]:
        self._truth.person(habits.person.key, "anonymous")
        yield from self._visits(Buyer(habits.person), habits, habits.visits)
        if self._rng.random() < 0.1:
            at = habits.visits[-1] + timedelta(minutes=1)
            item = self._tracker.nobody(at, self._rng.choice(BLOCKED))
            yield Parcel(Phase.HISTORY, at, server_side=False, items=[item], once=True)

    def _visits(self, buyer: Buyer, habits: Habits, visits: list[datetime]) -> Iterator[Parcel]:
        """Visits on the person's own devices. What is not logged in carries the anonymous id alone."""
        person = habits.person
        for at in visits:
            index = self._rng.randrange(len(habits.devices))
            device = habits.devices[index]
            logged_in = buyer.user_id is not None and habits.logs_in[index]
            visitor = buyer if logged_in or buyer.user_id is None else Buyer(person)
            session = self._shopper.visit(visitor, device, at, login=logged_in, tell_device=self._rng.random() < 0.2)
            anonymous: Key = ("anonymous_id", device.anonymous_id)
            self._truth.sees(person.key, *([("user_id", person.user_id)] if logged_in else []), anonymous)
            if session.ordered_on is not None and not logged_in:
                self._truth.sees(person.key, ("email", person.email), anonymous)
            yield from session.parcels

    def _household(self, size: int) -> Iterator[Parcel]:
        """A family with a tablet all log in on, and sometimes one landline number for two."""
        tablet = self._registry.device()
        family = [self._habits() for _ in range(size)]
        line = self._registry.phone() if self._rng.random() < 0.4 else None
        for number, habits in enumerate(family):
            phone = line if number < 2 else None
            yield from self._registered(habits, phone=phone, guest_first=False)
        names = [habits.person.key for habits in family]
        self._truth.shares(("anonymous_id", tablet.anonymous_id), "family tablet", names)
        if line is not None:
            self._truth.shares(("phone", line), "landline", names[:2])
        yield from self._logins(family, tablet)

    def _borrowed_tablet(self) -> Iterator[Parcel]:
        """One logs in on their tablet; a guest orders on it with an address of their own: two people.

        Whose the tablet becomes is decided by who was seen on it first, so it is told as shared.
        """
        tablet, owner, guest = self._registry.device(), self._habits(), self._habits()
        yield from self._registered(owner, guest_first=False)
        yield from self._guest(guest)
        names = [owner.person.key, guest.person.key]
        self._truth.shares(("anonymous_id", tablet.anonymous_id), "borrowed tablet", names)
        yield from self._logins([owner], tablet)
        yield from self._orders_on(guest, tablet)

    def _orders_on(self, guest: Habits, device: Device) -> Iterator[Parcel]:
        """Visits on somebody else's device until one ends in an order, told with the guest's address."""
        ordered = False
        while not ordered:
            at = self._at(self._rng.randrange(3_600, self._days * 86_400))
            session = self._shopper.visit(Buyer(guest.person, guest_email=guest.person.email), device, at, login=False)
            ordered = session.ordered_on is not None
            yield from session.parcels
        self._truth.sees(guest.person.key, ("email", guest.person.email))

    def _kiosk(self, size: int) -> Iterator[Parcel]:
        """A device in the shop on which many log in: nobody's."""
        kiosk = self._registry.device()
        visitors = [self._habits() for _ in range(size)]
        for habits in visitors:
            yield from self._registered(habits, guest_first=False)
        names = [habits.person.key for habits in visitors]
        self._truth.shares(("anonymous_id", kiosk.anonymous_id), "kiosk", names)
        yield from self._logins(visitors, kiosk)

    def _logins(self, group: list[Habits], device: Device) -> Iterator[Parcel]:
        """Each of a group visits on one device, logged in, after they signed up."""
        for habits in group:
            seconds = int((self._now - habits.joined_at).total_seconds())
            at = self._at(self._rng.randrange(3_600, max(3_601, seconds)))
            session = self._shopper.visit(Buyer(habits.person, user_id=habits.person.user_id), device, at, login=True)
            yield from session.parcels

    def _server(self, at: datetime, item: bytes) -> Parcel:
        return Parcel(Phase.HISTORY, at, server_side=True, items=[item])
