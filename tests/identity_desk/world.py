"""Two people of one shop, the event that makes them one, and staff who decide."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User

from cdp.admin_home.groups import apply_rights
from events.models import Source
from profiles.models import Identifier
from tests.automation.world import ago
from tests.commerce.world import send

LINK = "the-link"


def shop() -> Source:
    """A server source."""
    return Source.objects.create(name="Shop web", kind=Source.Kind.SERVER)


def said(type_: str, at: datetime, who: dict[str, str], name: str = "", **rest: Any) -> dict[str, Any]:
    """A call of this person; its message id is a function of what it says."""
    item = {"type": type_, "messageId": f"{type_}{name}{at}{sorted(who)}", "timestamp": at.isoformat(), **who, **rest}
    return item | ({"event": name} if name else {})


def ada(start: datetime) -> list[dict[str, Any]]:
    """An account with an address, who bought once; the order is the last thing she did."""
    who = {"userId": "ada"}
    bought = {"order_id": "A-1", "currency": "EUR", "revenue": 40, "products": [{"product_id": "p1", "price": 40}]}
    traits = {"email": "ada@larkfell.example", "name": "Ada Larkin", "color": "red"}
    return [
        said("identify", start, who, traits=traits, context=_consent(email_marketing=True)),
        said("track", start + timedelta(minutes=1), who, "Product Viewed", properties={"product_id": "p1"}),
        said("track", start + timedelta(minutes=80), who, "Order Completed", properties=bought),
    ]


def guest(start: datetime) -> list[dict[str, Any]]:
    """Somebody on a tablet who told a name and left a cart."""
    who = {"anonymousId": "tablet-1"}
    line = {"product_id": "p1", "name": "Shoes", "price": 9.5, "quantity": 1, "currency": "EUR"}
    return [
        said(
            "identify",
            start,
            who,
            traits={"name": "Ben Hale", "city": "Leeds"},
            context=_consent(personalization=False),
        ),
        said("track", start + timedelta(minutes=2), who, "Product Viewed", properties={"product_id": "p1"}),
        said("track", start + timedelta(minutes=3), who, "Product Added", properties=line),
    ]


def link(start: datetime, *, with_tablet: bool = True) -> dict[str, Any]:
    """What makes them one person, or the same event as it would be had the tablet not been named."""
    who = {"userId": "ada"} | ({"anonymousId": "tablet-1"} if with_tablet else {})
    at = (start + timedelta(minutes=60)).isoformat()
    return {"type": "track", "event": "Product Viewed", "messageId": LINK, "timestamp": at, "properties": {}, **who}


def two(source: Source, start: datetime | None = None) -> datetime:
    """Both send what they did; answers when it began."""
    start = start or ago(hours=3)
    send(source, *guest(start), *ada(start + timedelta(seconds=30)))
    return start


def ids(*keys: str) -> list[int]:
    """The identifiers of `kind:value`s."""
    pairs = [key.partition(":")[::2] for key in keys]
    return [Identifier.objects.get(kind=kind, value=value).pk for kind, value in pairs]


def owner(key: str) -> Any:
    """Whose an identifier is now."""
    kind, _, value = key.partition(":")
    return Identifier.objects.get(kind=kind, value=value).profile_id


def staff(group: str = "support") -> User:
    """A member of staff with the rights of this group."""
    apply_rights()
    user = User.objects.create_user(f"{group}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def many(kinds: Sequence[str]) -> dict[str, list[int]]:
    """{kind: identifiers} as stored."""
    return {
        kind: list(Identifier.objects.filter(kind=kind).order_by("pk").values_list("pk", flat=True)) for kind in kinds
    }


def _consent(**preferences: bool) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": preferences}}
