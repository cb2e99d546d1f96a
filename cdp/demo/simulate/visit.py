"""A visit to the shop while it is told: who, on what, when, what lies in the basket. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from cdp.demo.simulate import telling
from cdp.demo.simulate.clocks import SECOND
from cdp.demo.simulate.households import Browser
from cdp.demo.simulate.market import Floats
from cdp.demo.simulate.pricing import Shelf
from cdp.demo.simulate.story import Story, ids


class Purpose(Enum):
    """What a visit may come to: anything; no order; an order for certain."""

    ANY = "any"
    LOOK = "look"
    BUY = "buy"


@dataclass(slots=True)
class Visit:
    """A visit while it is told; `at` is now, in milliseconds."""

    story: Story
    browser: Browser
    at: int
    purpose: Purpose
    shelf: Shelf
    weights: Floats
    user_id: str | None
    context: msgspec.Raw
    items: list[bytes] = field(default_factory=list)
    basket: dict[int, int] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)
    cart_id: str | None = None

    def passes(self, least: int, most: int) -> int:
        """Some seconds later: the new `at`."""
        self.at += self.story.dice.between(least * SECOND, most * SECOND)
        return self.at

    def tell(self, name: str, properties: Mapping[str, object]) -> None:
        """A track of the browser."""
        story = self.story
        if not story.is_muted:
            self.items.append(
                story.teller.track(name, self.at, ids(self.browser, self.user_id), properties, self.context)
            )
            story.sees_browser(self.browser, signed_in=self.user_id is not None)

    def line(self, place: int, **more: object) -> dict[str, object]:
        """A product at today's price."""
        return telling.product(self.story.run.market, place, int(self.shelf.cents[place]), **more)

    def sign_in(self) -> None:
        """From now on the browser tells the user id."""
        story = self.story
        self.user_id = story.member.user_id
        if not story.is_muted:
            self.items.append(story.teller.identify(self.at, ids(self.browser, self.user_id), {}, self.context))
            story.sees_browser(self.browser, signed_in=True)
