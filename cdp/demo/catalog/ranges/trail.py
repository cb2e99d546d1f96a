"""Jackets, layers and shoes."""

from cdp.demo.catalog.ranges.kinds import FEET, WEAR, Kind

TRAIL: tuple[Kind, ...] = (
    Kind(
        "shell",
        "jackets",
        "wear",
        4,
        WEAR,
        (
            "Three layers, taped seams, and a hood that turns with your head.",
            "A rain shell light enough to forget until you need it.",
        ),
        ("Waterproof to 20,000 mm", "Two-way zip, two hand pockets above the hip belt", "Recycled face fabric"),
        ("trailshoe", "merino", "daypack"),
        """Skarn 3L Shell | Karst | 329
Gully Rain Jacket | Nordhavn | 189
Ridgeline Shell | Fellrun | 249
Quayside Raincoat | Nordhavn | 159
Packaway Rain Jacket | Oldmill | 79.90
Cirque Alpine Shell | Karst | 389""",
    ),
    Kind(
        "down",
        "jackets",
        "wear",
        4,
        WEAR,
        (
            "Warm before you have done up the zip, and gone into its own pocket when you walk.",
            "Box baffles where the cold gets in, stitched through where it does not.",
        ),
        ("800 fill power responsible down", "Packs into its chest pocket", "Water-shedding finish without PFAS"),
        ("beanie", "merino", "bottle"),
        """Tarn Down Jacket | Fellrun | 219
Firn Belay Jacket | Karst | 349
Hut Down Hoody | Fellrun | 239
Harbor Puffer | Nordhavn | 199
Everyday Padded Jacket | Oldmill | 99.90
Confetti Puffer | Tarnby | 169""",
    ),
    Kind(
        "fleece",
        "jackets",
        "wear",
        4,
        WEAR,
        (
            "The layer you put on in the morning and find yourself still wearing at night.",
            "High pile outside, smooth inside, with pockets that hold a map.",
        ),
        ("Recycled polyester, 280 g", "Zipped chest pocket", "Machine wash at 30 degrees"),
        ("tee", "daypack", "thermos"),
        """Drumlin Fleece | Oldmill | 59.90
Shepherd Pile Jacket | Brookvale | 129
Moraine Grid Fleece | Fellrun | 109
Campfire Fleece | Emberly | 89
Pebble Pile Pullover | Tarnby | 95
Skerry Fleece | Nordhavn | 119""",
    ),
    Kind(
        "vest",
        "jackets",
        "wear",
        3,
        WEAR,
        (
            "A warm core and free arms: for rowing, sawing and long uphill stretches.",
            "One layer more than a shirt, one less than a coat.",
        ),
        ("Light synthetic fill that stays warm when damp", "Two lined pockets"),
        ("flannel", "beanie", "thermos"),
        """Cairn Vest | Fellrun | 129
Boathouse Vest | Nordhavn | 119
Woodlot Quilted Vest | Oldmill | 69.90
Felt Wool Gilet | Brookvale | 139""",
    ),
    Kind(
        "tee",
        "layers",
        "wear",
        5,
        WEAR,
        ("A T-shirt cut to lie flat under straps.", "Soft on the first day, better after the thirtieth wash."),
        ("Organic cotton, 180 g", "Side seams moved forward for hip belts"),
        ("fleece", "daypack", "bottle"),
        """Contour Tee | Oldmill | 24.90
Summit Cairn Tee | Fellrun | 34.90
Lake Loop Tee | Tarnby | 29.90
Two Peaks Tee | Fellrun | 34.90
Harbor Stripe Tee | Nordhavn | 39
Plain Good Tee | Oldmill | 19.90""",
    ),
    Kind(
        "merino",
        "layers",
        "wool",
        4,
        WEAR,
        (
            "Wear it for three days; nobody will mind.",
            "Fine wool next to the skin: warm when wet, fresh when not washed.",
        ),
        ("100 % merino, 17.5 microns, 200 g", "Flat seams", "Wool cycle, dry flat"),
        ("socks", "shell", "beanie"),
        """Valley Merino Crew | Brookvale | 89
Base 200 Merino Long Sleeve | Fellrun | 95
Nightwatch Merino Half Zip | Nordhavn | 109
Lambsgate Merino Crew | Brookvale | 84
Trailhead Merino Long Sleeve | Oldmill | 59.90
Alpine 150 Merino Crew | Karst | 92""",
    ),
    Kind(
        "flannel",
        "layers",
        "wear",
        4,
        WEAR,
        ("Heavy cotton flannel, brushed on both sides.", "A shirt for chopping wood, or for looking as if you had."),
        ("Heavy cotton flannel, 240 g", "Two chest pockets with buttons"),
        ("vest", "enamelmug", "socks"),
        """Woodlot Flannel Shirt | Oldmill | 49.90
Lumber Lane Overshirt | Oldmill | 69.90
Fireside Check Shirt | Emberly | 79
Brookvale Wool Overshirt | Brookvale | 149
Ferry Check Shirt | Nordhavn | 89""",
    ),
    Kind(
        "beanie",
        "layers",
        "wool",
        5,
        (),
        ("Knitted in one piece, with a cuff that stays over the ears.", "The cheapest warm layer there is."),
        ("Lambswool", "One size, stretches from 52 to 60 cm"),
        ("down", "socks", "blanket"),
        """Shepherd Beanie | Brookvale | 34.90
Fisher Beanie | Nordhavn | 29.90
Bobble Hat | Tarnby | 32
Watch Cap | Oldmill | 17.90
Pace Light Beanie | Fellrun | 27.90""",
    ),
    Kind(
        "socks",
        "layers",
        "wool",
        5,
        ("36-38", "39-41", "42-44", "45-47"),
        ("Cushioned at heel and toe, thin where the laces go.", "Terry inside, ribbed above, and no seam at the toe."),
        ("70 % wool, 28 % recycled nylon, 2 % elastane", "Left and right knitted apart"),
        ("boot", "trailshoe", "merino"),
        """Hiker Crew Socks | Brookvale | 22.90
Hut Socks | Brookvale | 26.90
Pace Low Socks | Fellrun | 18.90
Everyday Wool Socks, 2 pairs | Oldmill | 19.90
Stripe Camp Socks | Tarnby | 21.90""",
        is_bought_again=True,
    ),
    Kind(
        "boot",
        "shoes",
        "leather",
        3,
        FEET,
        (
            "Full-grain leather over a stitched welt: resoled, not replaced.",
            "A boot that wants three walks, and then stays for ten years.",
        ),
        ("Full-grain leather, 2.4 mm", "Stitched, can be resoled", "Deep lugs"),
        ("socks", "trekpack", "flannel"),
        """Classic Welted Boot | Haldor | 289
Dalen Hiking Boot | Haldor | 239
Scree Mountain Boot | Karst | 319
Forester Boot | Haldor | 259
Hillwalker Boot | Oldmill | 129
Quarry Approach Boot | Karst | 219
Pier Chelsea Boot | Nordhavn | 189
Ridge Mid Boot | Fellrun | 199""",
    ),
    Kind(
        "trailshoe",
        "shoes",
        "wear",
        4,
        FEET,
        ("Grip for wet roots, and a heel that does not slip.", "Light, quick to dry, and not afraid of mud."),
        ("Drop of 6 mm", "Sticky rubber, 5 mm lugs", "Mesh that drains"),
        ("socks", "tee", "bar"),
        """Becks Trail Shoe | Fellrun | 139
Mudlark Fell Shoe | Fellrun | 129
Switchback Trail Shoe | Karst | 159
Gravel Runner | Fellrun | 149
Loop Trainer | Tarnby | 99
Approach Low | Karst | 169
Heath Walking Shoe | Haldor | 149
Everyday Trail Shoe | Oldmill | 69.90""",
    ),
    Kind(
        "slipper",
        "shoes",
        "wool",
        4,
        FEET,
        (
            "Felted in one piece around a last, with a sole for the way to the woodshed.",
            "What boots are taken off for.",
        ),
        ("Felted wool", "Natural rubber sole"),
        ("blanket", "mug", "teatin"),
        """Hut Felt Slipper | Brookvale | 69
Hearth Slipper | Willowmere | 59
Clogger Felt Clog | Haldor | 89
Cabin Bootie | Tarnby | 64""",
    ),
)
