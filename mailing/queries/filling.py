"""What mails are filled with beside what their senders give: the person, the shop, chosen and recommended products.

In batches: about a dozen statements, however many messages. Nothing of a person is shown that anybody with a public
write key could have said in an address or a sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from commerce import queries as commerce
from consent import queries as consent
from consent.contracts import GRANTED
from mailing.models import Message
from mailing.names import person_name
from mailing.queries.brand import brand_facts
from mailing.queries.people import PersonAsked, Whom, people
from mailing.queries.picking import Asking, pick_each
from mailing.queries.showing import is_presentable, shown
from mailing.rendering import Compiled, Pick
from mailing.values import told

FIRST, LAST = ("first_name", "firstName", "firstname"), ("last_name", "lastName", "lastname")
WHOLE = ("name", "full_name", "fullName")


def fill(
    messages: Sequence[Message],
    own: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    compiled: Sequence[Compiled | None] | None = None,
    persons: Sequence[PersonAsked] | None = None,
    agreed: Sequence[bool] | None = None,
) -> list[dict[str, Any]]:
    """The values of each message: `own` (what its sender gives) with `person`, `shop`, `agreed` and what its blocks
    ask for. The ways out are not among them: `Compiled.render` takes `Links`.

    `compiled`: each message's, so that nothing is looked up that it does not show; None: person and shop only.
    `persons`, `agreed`: where the caller has just looked them up.
    """
    ready = compiled if compiled is not None else [None for _ in messages]
    known = persons if persons is not None else people([_whom(one) for one in messages])
    said_yes = agreed if agreed is not None else _agreed(messages, known, now)
    brand = brand_facts()
    shop = {"name": brand.company, "url": brand.website, "postal_address": brand.postal_address}
    values = [
        {**given, "shop": shop, "person": _person(person, message.address), "agreed": yes}
        for message, given, person, yes in zip(messages, own, known, said_yes, strict=True)
    ]
    for one in values:
        if "event" in one:
            one["event"] = told(one["event"])
    _add_chosen(values, ready)
    _add_recommended(values, ready, known, now)
    return values


def _whom(message: Message) -> Whom:
    return Whom(message.identifier_id, message.channel, message.address or None)


def _agreed(messages: Sequence[Message], known: Sequence[PersonAsked], now: datetime) -> list[bool]:
    """Whether each said yes to what the message is for; else the law allows it until a no."""
    found = [False for _ in messages]
    for purpose in sorted({one.purpose for one in messages if one.purpose}):
        places = [n for n, one in enumerate(messages) if one.purpose == purpose]
        decisions = consent.allows_each([known[n].subject for n in places], purpose, now)
        for n, decision in zip(places, decisions, strict=True):
            found[n] = decision.reason == GRANTED
    return found


def _person(person: PersonAsked, address: str) -> dict[str, Any]:
    """Names of letters only; of traits, no text that holds an address. Nothing of somebody whose profile is shared."""
    traits = {} if person.is_shared else person.traits
    first, last = _name(traits, FIRST), _name(traits, LAST)
    whole = _name(traits, WHOLE) or " ".join(part for part in (first, last) if part)
    return {
        "first_name": first or (whole.split()[0] if whole and not last else ""),
        "last_name": last,
        "name": whole,
        "email": address or person.address or "",
        "country": person.country,
        "locale": person.locale,
        "traits": told(traits),
    }


def _name(traits: Mapping[str, object], names: Sequence[str]) -> str:
    return next((found for name in names if (found := person_name(traits.get(name)))), "")


def _add_chosen(values: Sequence[dict[str, Any]], ready: Sequence[Compiled | None]) -> None:
    """Products that blocks name, as the catalog knows them now; what cannot be bought is left out."""
    wanted = {product_id for _, pick in _picks(ready) for product_id in pick.ids}
    if not wanted:
        return
    known = commerce.believed_products(wanted)
    there = {one.product_id: shown(one) for one in known.values() if one.is_offerable and is_presentable(one)}
    for n, pick in _picks(ready):
        if pick.ids:
            values[n][pick.name] = [there[product_id] for product_id in pick.ids if product_id in there]


def _add_recommended(
    values: Sequence[dict[str, Any]],
    ready: Sequence[Compiled | None],
    known: Sequence[PersonAsked],
    now: datetime,
) -> None:
    asked = [(n, pick) for n, pick in _picks(ready) if not pick.ids]
    asking = [
        Asking(
            pick=pick,
            profile_id=known[n].profile_id,
            identifier_ids=() if known[n].is_shared else known[n].identifier_ids,
            cart=_ids(values[n].get("cart"), "lines") or _ids(values[n].get("order"), "lines"),
            product_id=next(chain(_ids(values[n], "product"), _ids(values[n], "products")), ""),
            names=frozenset(_names(values[n])),
            locale=one.locale if (one := ready[n]) is not None else "",
        )
        for n, pick in asked
    ]
    for (n, pick), found in zip(asked, pick_each(asking, now), strict=True):
        values[n][pick.name] = found
        values[n].setdefault("recommendations", found)


def _picks(ready: Sequence[Compiled | None]) -> Iterator[tuple[int, Pick]]:
    for n, one in enumerate(ready):
        for pick in one.picks if one is not None else ():
            yield n, pick


def _ids(values: Any, name: str) -> tuple[str, ...]:
    """Product ids of what a sender gives under `name`: one product, or several."""
    return tuple(_of(one, "product_id") for one in _several(values, name) if _of(one, "product_id"))


def _names(values: Mapping[str, Any]) -> Iterator[str]:
    """The products that the mail names anyway."""
    lines = (_several(values.get(name), "lines") for name in ("cart", "order"))
    for one in chain(_several(values, "product"), _several(values, "products"), *lines):
        yield _of(one, "name")


def _several(values: Any, name: str) -> list[Any]:
    found = values.get(name) if isinstance(values, Mapping) else None
    return list(found) if isinstance(found, list | tuple) else [found] if found else []


def _of(one: Any, name: str) -> str:
    return str((one.get(name) if isinstance(one, Mapping) else getattr(one, name, "")) or "")
