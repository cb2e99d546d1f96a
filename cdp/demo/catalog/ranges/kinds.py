"""What a kind of thing is: its department, choices, words, and its products as `name | brand | price` lines. Pure."""

from dataclasses import dataclass

WEAR = ("XS", "S", "M", "L", "XL")
FEET = ("37", "38", "39", "40", "41", "42", "43", "44", "45")

PALETTES: dict[str, tuple[tuple[str, str], ...]] = {
    "wear": (
        ("Moss", "#66764f"),
        ("Slate", "#566573"),
        ("Rust", "#b5552e"),
        ("Ink", "#2b3a4f"),
        ("Sun", "#e0a63a"),
        ("Glacier", "#8fb4c2"),
        ("Berry", "#8c3a55"),
        ("Pine", "#2f5346"),
    ),
    "wool": (
        ("Oat", "#d9cbb0"),
        ("Charcoal", "#4a4b4d"),
        ("Heather", "#8b7f96"),
        ("Forest", "#3f5a45"),
        ("Brick", "#a2503c"),
        ("Mist", "#a8b6b8"),
    ),
    "leather": (("Chestnut", "#7a4a2b"), ("Tan", "#b58250"), ("Black", "#36322f"), ("Peat", "#5b4634")),
    "pack": (
        ("Pine", "#2f5346"),
        ("Ink", "#2b3a4f"),
        ("Clay", "#b9714a"),
        ("Sun", "#e0a63a"),
        ("Slate", "#566573"),
        ("Lichen", "#a5ad7c"),
    ),
    "shelter": (("Meadow", "#7f9a5a"), ("Ochre", "#cc9336"), ("Lake", "#4d7f99"), ("Ember", "#c05a35")),
    "metal": (("Steel", "#a9b0b5"), ("Graphite", "#55595e"), ("Brass", "#c29a4b")),
    "enamel": (
        ("Chalk", "#efeae0"),
        ("Navy", "#2c4565"),
        ("Pine", "#2f5346"),
        ("Tomato", "#c24a38"),
        ("Sky", "#86b1cc"),
    ),
    "glaze": (
        ("Oat", "#dccfb6"),
        ("Ocean", "#3f6f86"),
        ("Celadon", "#9db9a0"),
        ("Soot", "#4b4845"),
        ("Blush", "#d4a394"),
    ),
    "iron": (("Iron", "#3c3d40"), ("Pine", "#2f5346"), ("Brick", "#a2503c")),
    "wood": (("Oak", "#c39a64"), ("Walnut", "#7b5638"), ("Beech", "#dcb98a")),
    "lamp": (
        ("Sand", "#dcc9a3"),
        ("Brick", "#a2503c"),
        ("Pine", "#2f5346"),
        ("Chalk", "#efeae0"),
        ("Mustard", "#d0a038"),
    ),
    "linen": (
        ("Flax", "#d8c7a5"),
        ("Sage", "#a3b092"),
        ("Dusk", "#6f7f95"),
        ("Terracotta", "#c17a59"),
        ("Plum", "#7c5168"),
    ),
    "label": (
        ("Amber", "#c98a2e"),
        ("Leaf", "#6f8a4d"),
        ("Dusk", "#5f7288"),
        ("Cherry", "#a63f45"),
        ("Cocoa", "#6b4a38"),
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing. `pitches` are first sentences, `facts` go under every product, `goes_with` are other kinds.

    `lines`: one product a line, `name | brand | price in euros`, the name with its noun.
    """

    kind: str
    category: str
    palette: str
    colors: int
    sizes: tuple[str, ...]
    pitches: tuple[str, ...]
    facts: tuple[str, ...]
    goes_with: tuple[str, ...]
    lines: str
    is_bought_again: bool = False
