"""What is true of the people of the shop world, a row each: the lines of the truth's files. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from cdp.demo.simulate.campaigns import ORDERS
from cdp.demo.simulate.clocks import iso_ms
from cdp.demo.simulate.households import REGISTERED, Household
from cdp.demo.simulate.joining import EMAIL
from cdp.demo.simulate.laws import UNKNOWN, mailed_in_silence, personal_in_silence
from cdp.demo.simulate.story import Statement, Story
from cdp.demo.simulate.tastes import top_products
from cdp.demo.simulate.truth import Key

MOST_TOP = 20
NEVER, GRANTED = "never said", "granted"
SHARED_WHAT = "family tablet"


class PersonRow(msgspec.Struct, frozen=True):
    """people.ndjson: who owns which identifiers, and which were seen together (by position)."""

    person: str
    kind: str
    name: str
    user_id: str | None
    email: str | None
    household: int
    persona: bool
    zone: str
    country: str
    identifiers: tuple[Key, ...]
    links: tuple[tuple[Key, Key], ...]
    visits: int
    orders: int


class ConsentRow(msgspec.Struct, frozen=True):
    """consent.ndjson: what was said over time, and what it comes to at the end. `personalization`: of the account.

    `may_mail`, `may_personalize`: what the gate must answer, silence being judged by the law of where they live.
    """

    person: str
    user_id: str | None
    email: str | None
    said: tuple[dict[str, str], ...]
    email_marketing: str
    personalization: str
    may_mail: bool
    may_personalize: bool


class TasteRow(msgspec.Struct, frozen=True):
    """tastes.ndjson: the vector, and what follows from it."""

    person: str
    user_id: str | None
    price_level: float
    categories: dict[str, float]
    brands: dict[str, float]
    kinds: dict[str, float]
    top_categories: tuple[str, ...]
    top_products: tuple[str, ...]


class ReturnRow(msgspec.Struct, frozen=True):
    """returns.ndjson: a product that went back."""

    person: str
    order_id: str
    product_id: str
    at: str
    cents: int
    reason: str


class CampaignRow(msgspec.Struct, frozen=True):
    """campaigns.ndjson: one person in one campaign."""

    person: str
    user_id: str
    campaign: str
    stratum: str
    treated: bool
    ordered: bool
    p_control: float
    p_treated: float


class HouseholdRow(msgspec.Struct, frozen=True):
    """households.ndjson: who lives together; `tablet` where several used it, with those who did."""

    household: int
    people: tuple[str, ...]
    address: dict[str, str]
    tablet: str | None
    tablet_users: tuple[str, ...]


class Rows(msgspec.Struct, frozen=True):
    """Everything true of one household."""

    household: HouseholdRow
    people: list[PersonRow]
    consent: list[ConsentRow]
    tastes: list[TasteRow]
    returns: list[ReturnRow]
    campaigns: list[CampaignRow]


def rows_of(household: Household, stories: Sequence[Story]) -> Rows:
    """The rows of a household once its stories are told. A tablet only one member used is that member's own."""
    users = [story for story in stories if story.used_tablet]
    if household.tablet is not None and len(users) == 1:
        users[0].sees(("user_id", users[0].member.user_id), ("anonymous_id", household.tablet.anonymous_id))
    shared = household.tablet if len(users) > 1 else None
    return Rows(
        household=HouseholdRow(
            household=household.number,
            people=tuple(story.member.key for story in stories),
            address=household.shipping_address,
            tablet=shared.anonymous_id if shared is not None else None,
            tablet_users=tuple(story.member.key for story in users) if shared is not None else (),
        ),
        people=[_person(story) for story in stories],
        consent=[_consent(story) for story in stories],
        tastes=[_taste(story) for story in stories],
        returns=[_return(story, number) for story in stories for number in range(len(story.returns))],
        campaigns=[row for story in stories for row in _campaigns(story)],
    )


def _user_id(story: Story) -> str | None:
    """Known to the shop only once somebody signed up."""
    return story.member.user_id if story.joined_at is not None else None


def _email(story: Story) -> str | None:
    return story.member.email if ("email", story.member.email) in story.keys else None


def _person(story: Story) -> PersonRow:
    member, place = story.member, story.household.place
    return PersonRow(
        person=member.key,
        kind=member.kind if member.kind != REGISTERED or story.joined_at is not None else "anonymous",
        name=member.name,
        user_id=_user_id(story),
        email=_email(story),
        household=story.household.number,
        persona=member.is_persona,
        zone=place.zone,
        country=place.country,
        identifiers=tuple(story.keys),
        links=tuple(story.links),
        visits=story.visits,
        orders=story.orders,
    )


def _consent(story: Story) -> ConsentRow:
    said = sorted(story.statements)
    email = next((each.state for each in reversed(said) if each.purpose == EMAIL), NEVER)
    personal, country = _personalization(story, said), _country_known(story)
    return ConsentRow(
        person=story.member.key,
        user_id=_user_id(story),
        email=_email(story),
        said=tuple(_spelled(each) for each in said),
        email_marketing=email,
        personalization=personal,
        may_mail=email == GRANTED or (email == NEVER and mailed_in_silence(country)),
        may_personalize=personal == GRANTED or (personal == NEVER and personal_in_silence(country)),
    )


def _country_known(story: Story) -> str:
    """Where they live, as far as anybody told: by the account, or by the time zone of a browser that may tell."""
    told = story.joined_at is not None or (story.visits > 0 and not story.is_muted)
    return story.household.place.country if told else UNKNOWN


def _spelled(said: Statement) -> dict[str, str]:
    found = {"at": iso_ms(said.at), "purpose": said.purpose, "state": said.state}
    return found if said.address is None else {**found, "email": said.address}


def _personalization(story: Story, said: Sequence[Statement]) -> str:
    """A refusal counts for the account once it was made on it, or on a browser that is known to be its owner's."""
    user = ("user_id", story.member.user_id)
    near = {user} | {key for link in story.links for key in link if user in link}
    states = {each.state for each in said if each.purpose == "personalization" and near.intersection(each.keys)}
    return "denied" if "denied" in states else "granted" if states else NEVER


def _taste(story: Story) -> TasteRow:
    taste, market = story.member.taste, story.run.market

    def spelled(names: Sequence[str], values: Any) -> dict[str, float]:
        return {name: round(value, 3) for name, value in zip(names, values.tolist(), strict=True)}

    best = sorted(range(len(market.categories)), key=lambda each: -float(taste.categories[each]))
    return TasteRow(
        person=story.member.key,
        user_id=_user_id(story),
        price_level=taste.level,
        categories=spelled(market.categories, taste.categories),
        brands=spelled(market.brands, taste.brands),
        kinds=spelled(market.kinds, taste.kinds),
        top_categories=tuple(market.categories[each] for each in best[:3]),
        top_products=tuple(top_products(taste, market, MOST_TOP)),
    )


def _return(story: Story, number: int) -> ReturnRow:
    back = story.returns[number]
    return ReturnRow(story.member.key, back.order_id, back.product_id, iso_ms(back.at), back.cents, back.reason)


def _campaigns(story: Story) -> list[CampaignRow]:
    member = story.member
    return [
        CampaignRow(member.key, member.user_id, name, member.stratum, treated, ordered, *ORDERS[member.stratum])
        for name, (treated, ordered) in story.campaigns.items()
    ]
