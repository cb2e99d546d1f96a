"""Lamps and light, blankets and cushions."""

from cdp.demo.catalog.ranges.kinds import Kind

HOME: tuple[Kind, ...] = (
    Kind(
        "headlamp",
        "light",
        "pack",
        3,
        (),
        ("Warm for camp, white for the way down.", "One button that gloves can find."),
        ("400 lumens, dims to 4", "Charges by USB-C", "76 g"),
        ("dometent", "trailshoe", "bar"),
        """Glowworm 400 Headlamp | Lykta | 59
Pathfinder Headlamp | Karst | 69
Night Fell Headlamp | Fellrun | 79
Plain Headlamp | Oldmill | 24.90
Firefly Kids Headlamp | Tarnby | 29.90""",
    ),
    Kind(
        "lantern",
        "light",
        "lamp",
        4,
        (),
        ("Hangs from a branch, a beam or a finger.", "A soft cone of light for a table of four."),
        ("2,700 K, 300 lumens", "30 hours a charge", "Folding handle"),
        ("dometent", "blanket", "enamelmug"),
        """Fjord Lantern | Lykta | 89
Porch Lantern | Lykta | 119
Campfire Lantern | Emberly | 79
Storm Lantern | Emberly | 69
Pocket Lantern | Lykta | 49
Storybook Lantern | Tarnby | 45""",
    ),
    Kind(
        "tablelamp",
        "light",
        "lamp",
        4,
        (),
        ("A linen shade over a turned foot.", "Light for one page, not for the whole room."),
        ("E27, 40 W at most", "Textile cable, 1.8 m", "Shade of linen"),
        ("cushion", "candle", "blanket"),
        """Sill Table Lamp | Lykta | 129
Reading Corner Lamp | Lykta | 149
Pebble Table Lamp | Saltholm | 189
Bedside Lamp | Willowmere | 89
Loft Table Lamp | Lykta | 169
Mushroom Lamp | Tarnby | 99""",
    ),
    Kind(
        "pendant",
        "light",
        "lamp",
        4,
        (),
        ("Hang it low over the table; people will stay longer.", "Spun metal, matt outside, warm white inside."),
        ("E27, 60 W at most", "Cable of 2 m, to be shortened"),
        ("mug", "plate", "tablelamp"),
        """Bell Pendant | Lykta | 159
Granary Pendant | Oldmill | 79.90
Harbor Pendant | Nordhavn | 139
Dome Pendant | Lykta | 189
Stoneware Pendant | Saltholm | 229""",
    ),
    Kind(
        "candle",
        "light",
        "label",
        4,
        (),
        ("Forty hours of a quiet evening.", "Smells of what it says, and only when it is lit."),
        ("Rapeseed wax, cotton wick", "Burns for 40 hours"),
        ("blanket", "teatin", "tablelamp"),
        """Cedar & Smoke Candle | Willowmere | 24.90
Rain on Stone Candle | Lykta | 26.90
Wild Honey Candle | Willowmere | 22.90
Fig Leaf Candle | Willowmere | 24.90
Salt Air Candle | Saltholm | 28.90
Birch Sauna Candle | Lykta | 26.90""",
        is_bought_again=True,
    ),
    Kind(
        "blanket",
        "textiles",
        "wool",
        5,
        (),
        ("Large enough for two who like each other.", "Woven wide, washed once, fringed by hand."),
        ("100 % new wool", "130 × 200 cm", "Air it rather than wash it"),
        ("cushion", "candle", "mug"),
        """Valley Wool Throw | Brookvale | 129
Hearth Check Blanket | Brookvale | 149
Picnic Rug with Strap | Tarnby | 79
Fisherman Blanket | Nordhavn | 139
Herringbone Throw | Willowmere | 119
Recycled Wool Blanket | Oldmill | 59.90
Waffle Throw | Willowmere | 89""",
    ),
    Kind(
        "cushion",
        "textiles",
        "linen",
        5,
        ("45 × 45", "50 × 70"),
        (
            "Stonewashed linen, a hidden zip, and a filling that does not clump.",
            "For the sofa, the bench and the long car journey.",
        ),
        ("Linen cover, feather filling", "Cover at 40 degrees"),
        ("blanket", "tablelamp", "candle"),
        """Plain Linen Cushion | Willowmere | 39.90
Stripe Linen Cushion | Willowmere | 44.90
Meadow Print Cushion | Tarnby | 42
Wool Bouclé Cushion | Brookvale | 59
Check Cushion | Brookvale | 54
Ticking Cushion | Oldmill | 24.90
Pleat Cushion | Willowmere | 49""",
    ),
    Kind(
        "towel",
        "textiles",
        "linen",
        4,
        ("50 × 100", "70 × 140"),
        ("Dry before you have found your socks.", "Waffle weave: thin on the hook, thick on the skin."),
        ("Cotton and linen", "Loop for hanging"),
        ("bottle", "tote", "candle"),
        """Waffle Bath Towel | Willowmere | 29.90
Sauna Linen Towel | Willowmere | 39.90
Lake Towel | Tarnby | 34.90
Everyday Bath Towel | Oldmill | 14.90
Pier Stripe Towel | Nordhavn | 36.90""",
    ),
    Kind(
        "rug",
        "textiles",
        "linen",
        3,
        ("70 × 140", "140 × 200"),
        ("Flat, heavy and the same on both sides.", "Woven from what is left over, so no two are alike."),
        ("Wool and recycled cotton", "Use a rug pad on smooth floors"),
        ("cushion", "pendant", "blanket"),
        """Kilim Flat Rug | Willowmere | 189
Rag Rug | Oldmill | 79.90
Hearth Rug | Brookvale | 229
Pebble Path Rug | Willowmere | 159""",
    ),
)
