"""People found by what a customer can name: an identifier of any kind, a profile id of any time, an order number."""

from dataclasses import dataclass
from uuid import UUID

from cdp.identity_desk.people import Called, called
from cdp.identity_desk.words import kind_words
from commerce.models import Order
from profiles import queries as profiles

MOST = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who was found, and by what: "e-mail address", "order number", "profile id"."""

    person: Called
    by: str

    @property
    def by_words(self) -> str:
        """As a page says it."""
        return kind_words(self.by)


def found_by(text: str) -> dict[UUID, str]:
    """{profile id: by what it was found} for a whole identifier, an id present or former, or an order number."""
    asked = text.strip()
    if not asked:
        return {}
    found: dict[UUID, str] = {}
    for fact in profiles.search(asked):
        found.setdefault(fact.profile_id, fact.kind)
    if (profile_id := _uuid(asked)) is not None and (present := profiles.resolve(profile_id)) is not None:
        found.setdefault(present, "profile id" if present == profile_id else "former profile id")
    buyers = Order.objects.filter(order_id=asked.removeprefix("#")).values_list("identifier_id", flat=True)[:MOST]
    for owner in profiles.profiles_of_identifiers([buyer for buyer in buyers if buyer is not None]).values():
        found.setdefault(owner, "order number")
    return found


def people_by(text: str, *, personal: bool) -> list[Hit]:
    """Those people as a page shows them, MOST at most."""
    found = found_by(text)
    known = called(list(found)[:MOST], personal=personal)
    return [Hit(person, found[profile_id]) for profile_id, person in known.items()]


def profile_ids_by(text: str) -> set[UUID]:
    """As the list of people asks (`settings.PERSON_SEARCH`)."""
    return set(found_by(text))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
