"""What the form's template draws: rows with their errors and products, what selects offer, the placement in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cdp.admin_placement.pictures import Shown, shown_products
from cdp.admin_placement.typed import RULE_FIELDS, Typed
from recommendations.placement_words import BOOSTS, KINDS, STRATEGIES, percent, sentence, shares
from recommendations.placements import PlacementSpec
from segments.queries.suggesting import names_of

WHOLE = {"product": "Product", "category": "Category", "brand": "Brand"}
OWNED = (
    ("exclude", "What the person does not own yet"),
    ("only", "Only what the person bought before"),
    ("any", "Anything, bought before or not"),
)
CATEGORY_RULES = (
    ("", "Any category"),
    ("same", "The category in front"),
    ("other", "Other categories than the one in front"),
)
MODES = (
    ("blend", "Blended by weight", "every place goes to the best of all strategies together"),
    ("in_turn", "In turn", "the first fills what it can, the next goes on"),
)
HOLDOUT_SHOWS = (("popular", "the popular list"), ("nothing", "nothing at all"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by name, its errors, and the product it names, where it does."""

    values: dict[str, str]
    errors: tuple[str, ...] = ()
    product: Shown | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """A list of names: the field, its label and help, what it suggests, what stands in it."""

    name: str
    label: str
    about: str
    what: str
    values: tuple[str, ...]
    errors: tuple[str, ...]


def form_context(typed: Typed, spec: PlacementSpec) -> dict[str, Any]:
    """Everything the form's template needs beside the page's own. `spec`: what was typed."""
    blanks = [""] * len(typed.strategies)
    return {
        "form": typed,
        "sentence": sentence(spec),
        "strategy_rows": _rows(
            typed,
            "strategies",
            (
                {"strategy": strategy, "weight": weight, "share": share}
                for (strategy, weight), share in zip(typed.strategies, [*shares_words(spec), *blanks], strict=False)
            ),
        ),
        "fallback_rows": _rows(typed, "fallbacks", ({"strategy": each} for each in typed.lists["fallback"])),
        "boost_rows": _rows(typed, "boosts", ({"by": a, "weight": b, "value": c} for a, b, c in typed.boosts)),
        "strategies": [(one.value, *words) for one, words in STRATEGIES.items()],
        "kinds": [(one.value, *words) for one, words in KINDS.items()],
        "boosts": list(BOOSTS.items()),
        "modes": MODES,
        "owned": OWNED,
        "category_rules": CATEGORY_RULES,
        "holdout_shows": HOLDOUT_SHOWS,
        "tokens": _tokens(typed),
        "problems": sum(map(len, typed.errors.values())),
        "blank": Row({"strategy": "", "weight": "1", "share": ""}),
        "blank_boost": Row({"by": "", "weight": "50", "value": ""}),
    } | rules_context(typed)


def shares_words(spec: PlacementSpec) -> list[str]:
    """Each strategy's weight as its share of the blend; [] where nothing is blended."""
    if spec.mode != "blend":
        return []
    return [percent(round(share, 2)) for share in shares(spec.strategies)]


def rules_context(typed: Typed) -> dict[str, Any]:
    """What the rows of rules need."""
    return {
        "rule_rows": _rule_rows(typed),
        "blank_rule": Row(dict.fromkeys(RULE_FIELDS, "") | {"action": "pin", "target": "product"}),
        "targets": list(WHOLE.items()),
        "segments": [*names_of("rule").items(), *names_of("static").items()],
    }


def _rows(typed: Typed, name: str, rows: Iterable[dict[str, str]]) -> list[Row]:
    return [Row(values, tuple(typed.errors.get(f"{name}.{n}", ()))) for n, values in enumerate(rows)]


def _rule_rows(typed: Typed) -> list[Row]:
    known = shown_products([row["value"] for row in typed.rules if row["target"] == "product"])
    return [
        Row(row, tuple(typed.errors.get(f"rules.{n}", ())), known.get(row["value"]))
        for n, row in enumerate(typed.rules)
    ]


def _tokens(typed: Typed) -> list[Tokens]:
    made = (
        ("category", "Only these categories", "A name matches any step of a product's path.", "category"),
        ("not_category", "Not these categories", "Kept out, whatever finds them.", "category"),
        ("brand", "Only these brands", "", "brand"),
        ("not_brand", "Not these brands", "", "brand"),
    )
    return [
        Tokens(name, label, about, what, tuple(typed.lists[name]), tuple(typed.errors.get(name, ())))
        for name, label, about, what in made
    ]
