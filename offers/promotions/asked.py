"""What one evaluation is asked, put together once for all offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from cdp.lib.clock import to_us
from offers.contracts import Cart, GiftProduct, PersonStanding, TypedCode


@dataclass(frozen=True)
class Asked:
    """A cart with everything that is known of its lines. `zone`: the company's; `gifts`: products that offers give.
    `tells_refused`: whoever asks manages offers and may know of those that are not given."""

    cart: Cart
    now: datetime
    person: PersonStanding = field(default_factory=PersonStanding)
    codes: Sequence[TypedCode] = ()
    zone: str = "UTC"
    gifts: Mapping[str, GiftProduct] = field(default_factory=dict)
    tells_refused: bool = True

    @cached_property
    def now_us(self) -> int:
        """The instant in µs."""
        return to_us(self.now)

    @cached_property
    def local(self) -> datetime:
        """The instant on the company's clock."""
        return self.now.astimezone(ZoneInfo(self.zone))

    @cached_property
    def code_of(self) -> dict[str, str]:
        """{offer: the code typed for it} of codes that can be used."""
        return {one.offer: one.written for one in reversed(self.codes) if one.offer and not one.reason}

    @cached_property
    def language(self) -> str:
        """Of the cart's locale; English where it has none."""
        return self.cart.locale.replace("_", "-").partition("-")[0].lower() or "en"

    @cached_property
    def channel(self) -> str:
        """Folded."""
        return self.cart.channel.casefold()

    @cached_property
    def country(self) -> str:
        """In capitals."""
        return self.cart.country.upper()

    @cached_property
    def is_first_order(self) -> bool:
        """What the shop says of its customer; else that no order of theirs is known."""
        said = self.cart.first_order
        return not self.person.has_ordered if said is None else said
