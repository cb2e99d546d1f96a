"""What mails are filled with: people as far as may be told, products as the shop tells them, picks by consent."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from consent.contracts import DENIED, GRANTED, PERSONALIZATION, NewEntry
from consent.services import record_entries
from mailing.content import new_block
from mailing.contracts import ProductShown
from mailing.models import Message
from mailing.queries.brand import brand_facts
from mailing.queries.filling import fill
from mailing.queries.picking import Asking, _note
from mailing.rendering import Compiled, Pick, compile_content
from profiles.models import Identifier, Profile
from recommendations.contracts import Reason, Recommendation, Strategy
from tests.automation import world as shop_world
from tests.mailing import world
from tests.recommendations import world as shop
from tests.statements import sent

pytestmark = pytest.mark.django_db
LOCKED = "Your account is locked: confirm at http://evil.example/login"


def message(identifier_id: int, address: str = world.JANE, kind: str = "marketing") -> Message:
    return Message(sender="test", sender_id=1, template="x", identifier_id=identifier_id, address=address, kind=kind)


def showing(*blocks: dict[str, Any]) -> Compiled:
    variant = {"subject": "Hi", "mode": "blocks", "blocks": list(blocks)}
    return compile_content({"default": "en", "locales": {"en": variant}}, "en", brand_facts())


def filled(number: int, *blocks: dict[str, Any], own: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return fill([message(number, **more)], [own or {}], utc_now(), compiled=[showing(*blocks)])[0]


def traits(number: int, **said: Any) -> None:
    profile = Identifier.objects.get(pk=number).profile_id
    Profile.objects.filter(pk=profile).update(traits={name: [value, 1, "00"] for name, value in said.items()})


def ids(found: Sequence[ProductShown]) -> list[str]:
    return [one.product_id for one in found]


def test_a_person_is_named_as_their_traits_say() -> None:
    number = world.person()
    traits(number, firstName="Jane", last_name="Doe", country="Germany", locale="de-AT", tier="gold", n=3)
    assert filled(number)["person"] == {
        "first_name": "Jane",
        "last_name": "Doe",
        "name": "Jane Doe",
        "email": world.JANE,
        "country": "DE",
        "locale": "de-AT",
        "traits": {"firstName": "Jane", "last_name": "Doe", "country": "Germany", "locale": "de-AT", "tier": "gold",
                   "n": 3},
    }  # fmt: skip


def test_nothing_that_anybody_could_have_said_of_them_leads_anywhere() -> None:
    """The public write key may tell traits of any address."""
    number = world.person()
    traits(number, first_name=LOCKED, name="Call 555 123 at once", city="go to evil.example", tier="gold")
    person = filled(number, own={"event": {"name": LOCKED, "n": 3}})
    assert (person["person"]["first_name"], person["person"]["name"]) == ("", "")
    assert person["person"]["traits"] == {"first_name": "", "name": "Call 555 123 at once", "city": "", "tier": "gold"}
    assert person["event"] == {"name": "", "n": 3}


def test_a_whole_name_gives_a_first_one_and_nobody_gives_none() -> None:
    number = world.person()
    traits(number, name="Jane Doe")
    assert filled(number)["person"]["first_name"] == "Jane"
    stranger = filled(987_654, address="x@example.com")["person"]
    assert (stranger["first_name"], stranger["email"], stranger["traits"]) == ("", "x@example.com", {})


def test_whether_they_agreed_is_told_by_the_ledger() -> None:
    agreed, silent = world.person(), world.person("john@example.com", agreed=False)
    both = [message(agreed), message(silent, "john@example.com")]
    for one in both:
        one.purpose = "email_marketing"
    assert [one["agreed"] for one in fill(both, [{}, {}], utc_now())] == [True, False]


def test_chosen_products_are_shown_as_the_catalog_has_them_and_only_what_can_be_bought() -> None:
    shop_world.stock("p1", name="Hat", price=5, list_price=8, url="https://evil.example", image_url="/i/1.jpg")
    shop_world.stock("p2", in_stock=False)
    shop_world.stock("p3", name=LOCKED)
    shop_world.stock("p4", from_feed=False)
    found = filled(world.person(), new_block("products", "b-1") | {"ids": ["p4", "p2", "p1", "p3", "none"]})
    (hat,) = found["picked_b_1"]
    assert (hat.name, hat.price.amount, hat.list_price.amount, hat.url) == ("Hat", 5, 8, "")
    assert hat.image_url.endswith("/i/1.jpg")


IDS = ("r1", "r2", "r3", "r4", "r5", "r6")
PAIRS = {("r1", "r2"): 0.9, ("r1", "r3"): 0.8, ("r6", "r5"): 0.9, ("r6", "r4"): 0.8}


def test_who_refuses_personalization_is_recommended_the_same_whatever_they_did() -> None:
    shop_world.stock(*IDS)
    shop.go_live(shop.small_model(IDS, [1] * 6, PAIRS))
    jane, john = _shopper("jane", "r1", DENIED), _shopper("john", "r6", DENIED)
    assert _recommended(jane) == _recommended(john)
    assert len(_recommended(jane)) == 3
    for one in (jane, john):
        _say(GRANTED, one)
    assert _recommended(jane) != _recommended(john)


def _shopper(name: str, liked: str, state: str) -> Identifier:
    who = Identifier.objects.get(pk=shop_world.person(name, f"{name}@example.com"))
    shop.order(who, liked, at=utc_now() - timedelta(days=20))
    shop.view(who, liked, at=utc_now() - timedelta(days=3))
    _say(state, who)
    return who


def _say(state: str, who: Identifier) -> None:
    key = keyed_hash("test", state, str(who.pk))
    with transaction.atomic():
        record_entries([NewEntry(key, PERSONALIZATION, state, "api", utc_now(), identifier_id=who.pk)])


def _recommended(who: Identifier) -> list[str]:
    found = filled(who.pk, new_block("recommendations", "more"), address="")
    assert found["recommendations"] == found["picked_more"]
    return ids(found["picked_more"])


def test_what_the_mail_is_about_is_not_recommended_and_what_is_like_it_needs_something() -> None:
    shop_world.stock(*IDS)
    shop.go_live(shop.small_model(IDS, [1] * 6, PAIRS))
    about = {"product": ProductShown("r1", "Hat")}
    similar = new_block("recommendations", "more") | {"strategy": "similar", "n": 2}
    assert ids(filled(world.person(), similar, own=about)["picked_more"]) == ["r2", "r3"]
    ordered = {"order": {"lines": [{"product_id": "r6", "name": "Mug"}]}}
    assert ids(filled(world.person(), similar, own=ordered)["picked_more"]) == ["r5", "r4"]
    assert Asking(Pick("x", strategy="similar")).strategy == Strategy.FOR_YOU
    assert Asking(Pick("x", strategy="cart"), cart=("r1",)).strategy == Strategy.CART
    assert Asking(Pick("x", placement="nobody-made-it", strategy="newest")).strategy == Strategy.NEWEST


def test_a_recommendation_tells_its_reason_only_in_words_of_the_mail() -> None:
    shop_world.stock("r1", name="Mug")

    def note(text: str, reason: Reason = Reason.CART, locale: str = "en") -> str:
        item = Recommendation("r1", 1, reason, text, Strategy.CART, None)  # type: ignore[arg-type]
        return _note(item, Asking(Pick("x"), names=frozenset({"Green scarf"}), locale=locale))

    assert note("Goes with Green scarf") == "Goes with Green scarf"
    assert note("Popular now", Reason.POPULAR) == "Popular now"
    assert note("Popular now", Reason.POPULAR, "de-AT") == "Gerade beliebt"
    assert note("Goes with Green scarf", locale="de") == "Passt zu Green scarf"
    assert note("Popular now", Reason.POPULAR, "fi") == ""
    assert note("Goes with Call 555, your account is locked in your cart") == ""


def test_many_are_filled_by_as_many_statements_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shop_world.stock(*IDS)
    people = [world.person(f"p{n}@example.com") for n in range(8)]
    compiled = showing(new_block("recommendations", "more"), new_block("products", "b") | {"ids": ["r1"]})

    def statements(count: int) -> int:
        several = [message(number, f"p{n}@example.com") for n, number in enumerate(people[:count])]
        with sent(monkeypatch) as found:
            assert len(fill(several, [{}] * count, utc_now(), compiled=[compiled] * count)) == count
        return len(found)

    statements(1)
    assert statements(1) == statements(8) <= 16
