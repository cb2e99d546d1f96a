"""Why a model found a product: from the part that gave most and the product it is because of to a reason. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from recommendations.assembling import Told
from recommendations.blending import Blended
from recommendations.contracts import Reason, Strategy
from recommendations.estimators.facing import NO_CAUSE, Context
from recommendations.estimators.interactions import Kind

OF_KIND: dict[int, Reason] = {Kind.VIEW: Reason.VIEWED, Kind.ADD: Reason.ADDED, Kind.PURCHASE: Reason.BOUGHT}
# What a part says of the product in front; of what somebody did, the kind of that is the reason.
OF_PART: dict[str, Reason] = {
    "taste": Reason.TOGETHER,
    "session": Reason.VIEWED_TOGETHER,
    "next": Reason.VIEWED_TOGETHER,
    "bought_together": Reason.TOGETHER,
    "viewed_together": Reason.VIEWED_TOGETHER,
    "content": Reason.ALIKE,
}
# Where nothing in particular is the cause.
OF_NOTHING: dict[str, Reason] = {
    "popularity": Reason.POPULAR,
    "own": Reason.BUY_AGAIN,
    "session": Reason.SESSION,
    "next": Reason.SESSION,
    "content": Reason.ALIKE,
}
WORDS: dict[str, str] = {
    "popularity": "Wanted by many",
    "own": "Bought before",
    "taste": "By taste: what people with the same history want",
    "session": "By this visit: what similar visits went on to",
    "next": "What is looked at next after the latest product",
    "bought_together": "Bought in one order",
    "viewed_together": "Looked at in one visit",
    "content": "Alike in words, category and brand",
}


@dataclass(frozen=True, eq=False)
class Teller:
    """Tells of one blend's answer. `due`: codes that are due to be bought again; `popular`: what popularity is of;
    `with_parts`: staff look at it."""

    strategy: Strategy
    blended: Blended
    context: Context
    products: Sequence[str]
    due: Collection[int] = ()
    popular: Reason = Reason.POPULAR
    with_parts: bool = False
    _kinds: dict[int, int] = field(default_factory=dict)

    def tell(self, place: int) -> Told:
        """Why the product at a place of the blend was found."""
        code, cause, main = self._strongest[place]
        part = self.blended.parts[main]
        reason = self._reason(part, code, cause)
        is_named = cause != NO_CAUSE and cause != code
        strategy = Strategy.POPULAR if part == "popularity" else self.strategy
        parts = tuple(self.blended.share_of(place).items()) if self.with_parts else ()
        return Told(strategy, reason, self.products[cause] if is_named else "", parts)

    @cached_property
    def _strongest(self) -> list[tuple[int, int, int]]:
        """Code, cause and the part that gave most, of each place."""
        codes, _, causes, _, shares = self.blended
        main = shares.argmax(axis=1) if shares.shape[1] else codes
        return list(zip(codes.tolist(), causes.tolist(), main.tolist(), strict=True))

    def _reason(self, part: str, code: int, cause: int) -> Reason:
        if part == "own":
            return Reason.REBUY_DUE if code in self.due else Reason.BUY_AGAIN
        if part == "popularity":
            return self.popular
        if cause == NO_CAUSE:
            return OF_NOTHING.get(part, Reason.POPULAR)
        if self.strategy == Strategy.ACCESSORIES:
            return Reason.ACCESSORY
        if cause in self.context.cart:
            return Reason.CART
        if cause == code and self._kind(cause) == Kind.VIEW:
            return Reason.RECENT
        if cause == self.context.product:
            return OF_PART.get(part, Reason.TOGETHER)
        return OF_KIND.get(self._kind(cause), OF_PART.get(part, Reason.TOGETHER))

    def _kind(self, code: int) -> int:
        """What was last done with a product in this visit, else ever."""
        if not self._kinds:
            self._kinds.update({touch.code: touch.kind for touch in self.context.history})
        return self._kinds.get(code, -1)
