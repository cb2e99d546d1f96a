"""What has been told of one person so far: identifiers and links, statements of consent, purchases, parcels. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cdp.demo.simulate.clocks import to_datetime
from cdp.demo.simulate.dice import Dice
from cdp.demo.simulate.households import GUEST, REGISTERED, Browser, Household, Member
from cdp.demo.simulate.market import Floats, Market
from cdp.demo.simulate.pricing import Prices
from cdp.demo.simulate.tastes import utilities
from cdp.demo.simulate.telling import Teller
from cdp.demo.simulate.truth import Key
from cdp.demo.simulate.wire import Parcel, Phase


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the shop world: instants in milliseconds. `tag` tells its ids from those of other runs."""

    seed: int
    market: Market
    prices: Prices
    starts: int
    now: int
    tag: str
    is_live: bool = False


class Statement(NamedTuple):
    """Something a person said about a purpose. `keys`: the identifiers on that event; `address` for e-mail."""

    at: int
    purpose: str
    state: str
    keys: tuple[Key, ...]
    address: str | None


class Return(NamedTuple):
    """A product that went back."""

    at: int
    order_id: str
    product_id: str
    cents: int
    reason: str


@dataclass(slots=True)
class Story:
    """A member and what happened. `items` are the browser events of the visit that is being told."""

    run: Run
    household: Household
    member: Member
    dice: Dice
    teller: Teller
    liked: Floats = field(init=False)
    drawn: Floats = field(init=False)
    parcels: list[Parcel] = field(default_factory=list)
    keys: dict[Key, None] = field(default_factory=dict)
    links: dict[tuple[Key, Key], None] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    bought: dict[int, int] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    used_tablet: bool = False
    joined_at: int | None = None
    email_said_at: int | None = None
    visits: int = 0
    orders: int = 0
    carts: int = 0
    campaigns: dict[str, tuple[bool, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.liked = utilities(self.member.taste, self.run.market)
        self.drawn = self.liked + self.run.market.appeal

    @property
    def can_sign_in(self) -> bool:
        """Whether they have or will have an account."""
        return self.member.kind == REGISTERED

    @property
    def can_order(self) -> bool:
        """Whether the shop can take an order from them."""
        return self.member.kind in (REGISTERED, GUEST)

    @property
    def is_muted(self) -> bool:
        """Whether their browsers tell nothing, as they refused to be measured."""
        return self.member.choices.analytics is False

    def sees(self, *keys: Key) -> None:
        """An event carries these identifiers of theirs: each is linked with each."""
        self.keys |= dict.fromkeys(keys)
        self.links |= {(a, b): None for index, a in enumerate(keys) for b in keys[index + 1 :]}

    def sees_browser(self, browser: Browser, *, signed_in: bool) -> None:
        """An event of a browser of theirs; the family's tablet is nobody's."""
        user: tuple[Key, ...] = (("user_id", self.member.user_id),) if signed_in else ()
        if browser is self.household.tablet:
            self.used_tablet = True
            self.sees(*user)
        else:
            self.sees(*user, ("anonymous_id", browser.anonymous_id))

    def says(self, at: int, purpose: str, state: str, *keys: Key, address: str | None = None) -> None:
        """They say something about a purpose."""
        self.statements.append(Statement(at, purpose, state, keys, address))

    def serve(self, at: int, *items: bytes) -> None:
        """Events of the backend that travel together."""
        self.parcels.append(Parcel(Phase.HISTORY, to_datetime(at), server_side=True, items=items))

    def browse(self, at: int, items: list[bytes]) -> None:
        """Events of a browser that travel together, unless it may not tell."""
        if items:
            self.parcels.append(Parcel(Phase.HISTORY, to_datetime(at), server_side=False, items=items))

    def number(self, kind: str) -> str:
        """A new cart or order id."""
        self.carts += 1
        return f"{kind}-{self.teller.prefix}-{self.carts}"


def ids(browser: Browser, user_id: str | None) -> Mapping[str, str]:
    """The identifiers of a browser's event."""
    if user_id is None:
        return {"anonymousId": browser.anonymous_id}
    return {"userId": user_id, "anonymousId": browser.anonymous_id}
