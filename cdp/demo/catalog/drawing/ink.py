"""The colors a drawing is filled with: shades of the product's own, and its brand's accent. Pure."""

from dataclasses import dataclass

ACCENTS = {
    "Fellrun": "#f0633a",
    "Nordhavn": "#f2c84b",
    "Karst": "#e4572e",
    "Oldmill": "#d9c7a3",
    "Tarnby": "#f08fa4",
    "Brookvale": "#e9dfc9",
    "Emberly": "#e8812f",
    "Saltholm": "#6f93a6",
    "Lykta": "#f6cf6b",
    "Morrow & Finch": "#d9a441",
    "Haldor": "#d8b27a",
    "Willowmere": "#b7c2a2",
    "Ironwick": "#c65b3f",
    "Kvisten": "#f2b441",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing on 600 × 600: `body` with $slots, and trims, of which each product of the kind wears one at $trim."""

    body: str
    trims: tuple[str, ...] = ("",)


def slots(base: str, brand: str) -> dict[str, str]:
    """What the slots of a drawing are filled with."""
    return {
        "base": base,
        "light": mix(base, "#ffffff", 0.18),
        "pale": mix(base, "#ffffff", 0.45),
        "dark": mix(base, "#14161c", 0.18),
        "deep": mix(base, "#14161c", 0.38),
        "night": mix(base, "#14161c", 0.62),
        "accent": ACCENTS[brand],
        "ink": "#2b2f36",
        "brand": brand.replace("&", "&amp;"),
        "initial": brand[0],
    }


def mix(one: str, other: str, share: float) -> str:
    """`share` of the other color in the one; both `#rrggbb`."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
