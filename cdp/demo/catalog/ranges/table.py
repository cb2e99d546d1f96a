"""Table, kitchen and pantry."""

from cdp.demo.catalog.ranges.kinds import Kind

TABLE: tuple[Kind, ...] = (
    Kind(
        "mug",
        "table",
        "glaze",
        5,
        (),
        (
            "A handle for three fingers and a lip that is kind to yours.",
            "Thrown by hand, so yours will be a little different.",
        ),
        ("Stoneware, 320 ml", "Dishwasher and microwave"),
        ("coffeebag", "dripper", "plate"),
        """Tide Mug | Saltholm | 26.90
Island Mug | Saltholm | 28.90
Morning Mug | Saltholm | 24.90
Speckle Mug | Willowmere | 19.90
Studio Mug | Saltholm | 29.90
Plain Stoneware Mug | Oldmill | 11.90
Dot Mug | Tarnby | 17.90""",
    ),
    Kind(
        "plate",
        "table",
        "glaze",
        4,
        ("21 cm", "27 cm"),
        (
            "A rim that keeps the sauce in and an edge that does not chip.",
            "Glazed in two dips, so the sea runs across it.",
        ),
        ("Stoneware", "Dishwasher and oven to 180 °C"),
        ("mug", "board", "pendant"),
        """Tide Plate | Saltholm | 29.90
Island Bowl Plate | Saltholm | 34.90
Speckle Plate | Willowmere | 22.90
Plain Stoneware Plate | Oldmill | 12.90
Supper Plate | Saltholm | 32""",
    ),
    Kind(
        "kettle",
        "table",
        "enamel",
        3,
        (),
        ("A slow, narrow stream, for coffee and for calm.", "Whistles a third, not a scream."),
        ("1.2 l", "For every hob", "Beech handle"),
        ("dripper", "coffeebag", "teatin"),
        """Gooseneck Kettle | Ironwick | 79
Farmhouse Kettle | Ironwick | 89
Whistling Kettle | Oldmill | 39.90
Harbor Kettle | Nordhavn | 84
Brew Kettle | Morrow & Finch | 95""",
    ),
    Kind(
        "dripper",
        "table",
        "glaze",
        4,
        (),
        ("Three minutes, one cup, no buttons.", "Ribs inside, so the water finds its way."),
        ("Stoneware", "For two cups, takes paper of size 2"),
        ("coffeebag", "mug", "kettle"),
        """Pour Over Dripper | Saltholm | 34.90
Morning Dripper | Morrow & Finch | 29.90
Dripper & Stand | Morrow & Finch | 69
Camp Dripper | Emberly | 24.90""",
    ),
    Kind(
        "pan",
        "table",
        "iron",
        3,
        ("24 cm", "28 cm"),
        (
            "Heavy, slow to heat, and then nothing stops it.",
            "Seasoned three times with linseed oil before it leaves the foundry.",
        ),
        ("Cast iron", "For every hob, oven and fire"),
        ("spices", "board", "knife"),
        """Foundry Skillet | Ironwick | 69
Deep Skillet | Ironwick | 89
Griddle Pan | Ironwick | 74
Bonfire Skillet | Emberly | 64
Everyday Iron Pan | Oldmill | 34.90""",
    ),
    Kind(
        "board",
        "table",
        "wood",
        3,
        (),
        ("End grain that is kind to knives.", "For bread in the morning and cheese at night."),
        ("Oiled by hand", "Rubber feet", "42 × 28 cm"),
        ("knife", "pan", "plate"),
        """Bread Board | Ironwick | 49
End Grain Board | Ironwick | 119
Cheese Board | Willowmere | 44.90
Camp Board | Emberly | 22.90""",
    ),
    Kind(
        "knife",
        "table",
        "wood",
        3,
        (),
        (
            "Carbon steel that takes an edge and tells you where it has been.",
            "Balanced at the bolster, so the wrist can rest.",
        ),
        ("Forged steel, 60 HRC", "Handle of oiled wood"),
        ("board", "pan", "spices"),
        """Chef's Knife 21 cm | Ironwick | 139
Paring Knife | Ironwick | 49
Bread Knife | Ironwick | 89
Folding Camp Knife | Emberly | 54""",
    ),
    Kind(
        "coffeebag",
        "pantry",
        "label",
        1,
        ("250 g", "1 kg"),
        ("Tastes of what grows around it: {taste}.", "Roasted light enough to say where it is from: {taste}."),
        ("Whole beans", "Roast date on the bag", "Best within six weeks"),
        ("dripper", "mug", "kettle"),
        """Fireside Roast | Morrow & Finch | 13.90
Long Way Espresso | Morrow & Finch | 14.90
Morning Frost Filter Roast | Morrow & Finch | 15.90
Huila Single Origin | Morrow & Finch | 17.90
Yirga Single Origin | Morrow & Finch | 18.90
Night Train Decaf | Morrow & Finch | 14.90
Camp Blend Ground Coffee | Emberly | 11.90
House Coffee | Oldmill | 8.90""",
        is_bought_again=True,
    ),
    Kind(
        "teatin",
        "pantry",
        "label",
        1,
        (),
        ("Two spoons, four minutes: {taste}.", "Whole leaves in a tin that closes: {taste}."),
        ("Loose leaf, 100 g", "About forty cups"),
        ("mug", "thermos", "slipper"),
        """Harbor Fog Black Tea | Morrow & Finch | 12.90
Meadow Herbs | Morrow & Finch | 11.90
Smoked Pine Tea | Morrow & Finch | 13.90
Green Valley Sencha | Morrow & Finch | 14.90
Evening Rooibos | Morrow & Finch | 11.90
Nettle & Mint | Oldmill | 6.90""",
        is_bought_again=True,
    ),
    Kind(
        "bar",
        "pantry",
        "label",
        1,
        ("1 bar", "Box of 12"),
        ("Made to be eaten with cold hands: {taste}.", "Oats, nuts and nothing you cannot pronounce: {taste}."),
        ("60 g", "240 kcal", "Wrapper of paper"),
        ("trailshoe", "daypack", "bottle"),
        """Oat & Hazelnut Bar | Fellrun | 2.40
Sour Cherry Bar | Fellrun | 2.40
Salted Date Bar | Fellrun | 2.60
Apple & Cinnamon Bar | Oldmill | 1.60
Peanut Summit Bar | Karst | 2.90
Cocoa Ridge Bar | Fellrun | 2.60""",
        is_bought_again=True,
    ),
    Kind(
        "spices",
        "pantry",
        "label",
        1,
        (),
        ("A jar that makes camp food worth the walk: {taste}.", "Small jar, large effect: {taste}."),
        ("Glass jar, refill bags on request",),
        ("pan", "camppot", "board"),
        """Campfire Salt | Emberly | 6.90
Smoked Paprika | Emberly | 5.90
Heather Honey | Brookvale | 11.90
Forest Mushroom Salt | Saltholm | 8.90
Fisherman's Rub | Nordhavn | 7.90
Everyday Pepper | Oldmill | 4.90""",
        is_bought_again=True,
    ),
)

TASTES_OF = {
    "coffeebag": ("dark chocolate and plum", "hazelnut and toffee", "apricot and black tea", "red apple and caramel"),
    "teatin": ("smoke and malt", "mint and hay", "orange peel and vanilla", "grass after rain"),
    "bar": ("toasted oats and honey", "cherry and sea salt", "dates and cocoa", "apple and warm spice"),
    "spices": ("smoke and salt", "sweet pepper and wood", "heather and warm wax", "lemon and thyme"),
}
