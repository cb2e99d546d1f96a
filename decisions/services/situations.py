"""One request as deciding sees it: who asks, after the consent gate, and the facts of conditions; each read once."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings

import experiments.queries
from consent import services as consent
from decisions.contracts import DecideRequest
from decisions.deciding.choosing import folded_context
from decisions.definition import CartFacts, Facts
from decisions.definition.conditions import WEEKDAYS
from experiments.contracts import Assigned
from experiments.deciding import HOLDOUT_KEY
from experiments.queries.askers import Asker, asker_of, has_refused
from experiments.queries.running import running_now
from experiments.services.assigning import assign_all_now, held_out_now
from offers.contracts import Cart, PersonStanding
from offers.queries.evaluating import standing_of
from offers.queries.in_force import offers_in_force
from people.queries.callers import BROWSER, NOBODY
from segments.queries.standing import Known, answerable_by_browsers, known_of, standing


class Situation:
    """What is known while one request is decided. Who refuses is nobody: no unit, no identifier, no segments of theirs,
    and a refusal is noted."""

    def __init__(self, request: DecideRequest, now: datetime, *, is_preview: bool = False) -> None:
        self.request, self.now, self.is_preview = request, now, is_preview
        is_browser = request.caller.kind == BROWSER
        known = known_of(request.found, now, is_browser=is_browser, use="decision")
        if request.is_refusing:
            known = Known(is_browser)
        if known.refusal is not None and not is_preview:
            consent.note_refusals([known.refusal], now)
        self.known = known
        self._slugs: frozenset[str] = frozenset()
        self._experiments: frozenset[str] = frozenset()
        self._splits = True
        self._offers: frozenset[str] = frozenset()

    def will_ask(
        self, slugs: Collection[str], experiments_: Collection[str], offers: Collection[str], *, splits: bool
    ) -> None:
        """All that the places of this request may ask, so that it is looked up at once. `splits`: chance decides one
        of them."""
        by_key = offers_in_force(self.now).by_key if offers else {}
        audiences = {by_key[key].offer.slug for key in offers if key in by_key} - {""}
        self._slugs, self._experiments = frozenset(slugs) | audiences, frozenset(experiments_)
        self._offers = frozenset(offers)
        holdout = running_now().get(HOLDOUT_KEY)
        self._splits = splits or (holdout is not None and holdout.state == "running")

    @cached_property
    def asker(self) -> Asker:
        """Who is split by experiments."""
        asked = self.request
        return asker_of(asked.caller, asked.person, asked.found, self.known, is_refusing=asked.is_refusing)

    @property
    def unit(self) -> bytes:
        """What experiments and bandits split by; empty for nobody."""
        return self.asker.unit

    @property
    def is_somebody(self) -> bool:
        """Whether there is anybody to split: not for who refuses, and not for an identifier that many share. Who was
        never asked is a stranger."""
        if self.request.is_refusing or has_refused(self.known):
            return False
        return self.known.refusal is not None or self.request.found == NOBODY or not self.known.is_nobody

    @cached_property
    def unit_hash(self) -> bytes | None:
        """Under which the log keeps who it was; None for nobody, and for a whole person while nothing splits people:
        then it is found by its identifier."""
        if not self._splits and not self.known.is_browser:
            return None
        return experiments.queries.unit_hash(self.unit) if self.unit else None

    @property
    def identifier_id(self) -> int | None:
        """Under which outcomes are found; None for nobody known."""
        if self.known.is_nobody:
            return None
        return self.request.found.speaks_for or self.known.identifier_ids[0]

    @cached_property
    def held(self) -> frozenset[str]:
        """The segments among those asked about that they are in."""
        return standing(self.known, self._slugs, self.now) if self._slugs else frozenset()

    @cached_property
    def facts(self) -> Facts:
        """Of conditions; `attached` is the place's own (`facts_for`)."""
        local = self.now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE))
        askable = answerable_by_browsers(self._slugs, self.now) if self.known.is_browser and self._slugs else None
        return Facts(
            context=folded_context(self.request.context),
            cart=None if self.request.cart is None else cart_facts(self.request.cart),
            held=self.held,
            askable=askable,
            is_known=not self.known.is_nobody,
            hour=local.hour,
            weekday=WEEKDAYS[local.weekday()],
        )

    def facts_for(self, attached: Sequence[tuple[str, str]]) -> Facts:
        """With the slugs under which a place's own rules are kept."""
        return replace(self.facts, attached=dict(attached)) if attached else self.facts

    @cached_property
    def assigned(self) -> dict[str, Assigned]:
        """What they get of every experiment that the places of this request name."""
        return assign_all_now(self._experiments, self.asker, self.now) if self._experiments else {}

    @cached_property
    def offer_standing(self) -> PersonStanding:
        """What the offers that these places name ask of them."""
        return standing_of(self.known, self.now, only=self._offers, slugs=self.held)

    @cached_property
    def is_held_out(self) -> bool:
        """Whether the global holdout keeps everything personal from them."""
        return held_out_now(self.asker, self.now)


def cart_facts(cart: Cart) -> CartFacts:
    """What conditions ask of a cart."""
    return CartFacts(
        subtotal=sum((line.price * line.quantity for line in cart.lines), Decimal(0)),
        quantity=sum((line.quantity for line in cart.lines), Decimal(0)),
        currency=cart.currency.casefold(),
        products=frozenset(line.product_id.casefold() for line in cart.lines),
        categories=frozenset(one.casefold() for line in cart.lines for one in line.categories),
        brands=frozenset(line.brand.casefold() for line in cart.lines if line.brand),
    )
