"""What decided places show: words for the front of the shop, and two promises that an experiment holds against each
other."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from decisions.content import Content, Variant
from decisions.models import ContentBlock
from decisions.services.content import ContentDraft, publish, save_draft

HERO, THANKS, RETURNS, REPAIR = "home-evenings", "home-thanks", "promise-returns", "promise-repair"
Banner = dict[str, Any]


def _banner(title: str, text: str, href: str = "", button: str = "") -> Banner:
    return {"title": title, "text": text, "href": href, "button": button}


BLOCKS: dict[str, tuple[str, Banner, tuple[Variant, ...]]] = {
    HERO: (
        "Front: long evenings outside",
        _banner(
            "Long evenings outside",
            "Tents that stand in the dark, mugs that fall off things, and a blanket for two who like each other.",
            "/shop/c/shelter/",
            "See tents & sleep",
        ),
        (
            Variant(
                "lookers",
                _banner(
                    "Still looking around?",
                    "These are what others took home after a look like yours: start with light and warmth.",
                    "/shop/c/light/",
                    "See lamps & light",
                ),
                name="Lookers",
                segment="browsers-without-order",
            ),
            Variant(
                "german",
                _banner(
                    "Lange Abende draußen",
                    "Zelte, die im Dunkeln stehen, Becher, die herunterfallen dürfen, und eine Decke für zwei.",
                    "/shop/c/shelter/",
                    "Zelte & Schlafen",
                ),
                name="German",
                locale="de",
            ),
        ),
    ),
    THANKS: (
        "Front: good to see you again",
        _banner(
            "Good to see you again",
            "What is new since your last order, from the makers you know.",
            "/shop/search/?sort=new",
            "See what is new",
        ),
        (
            Variant(
                "german",
                _banner(
                    "Schön, dass Sie wieder da sind",
                    "Das ist neu seit Ihrer letzten Bestellung.",
                    "/shop/search/?sort=new",
                    "Neues ansehen",
                ),
                name="German",
                locale="de",
            ),
        ),
    ),
    RETURNS: (
        "Product page: 30 days to return",
        _banner("30 days to change your mind", "Send it back for nothing, worn or not."),
        (),
    ),
    REPAIR: (
        "Product page: repaired for life",
        _banner("Repaired for as long as you own it", "Zips, seams and soles: our workshop mends them."),
        (),
    ),
}


def make_content(by: AbstractBaseUser | None) -> None:
    """Blocks with their variants, published. One that is there stays as staff left it."""
    made = set(ContentBlock.objects.filter(key__in=BLOCKS).values_list("key", flat=True))
    for key, (name, fallback, variants) in BLOCKS.items():
        if key not in made:
            row = save_draft(ContentDraft(key, name, Content("banner", fallback, variants)), by=by)
            publish(row.pk, by=by)
