"""Backpacks, shelter and the camp kitchen."""

from cdp.demo.catalog.ranges.kinds import Kind

CAMP: tuple[Kind, ...] = (
    Kind(
        "daypack",
        "packs",
        "pack",
        4,
        (),
        ("A day's worth of pockets, and not one more.", "Carries lunch, rope or laptop with the same good manners."),
        ("Recycled nylon, 420 denier", "Padded sleeve", "Side pockets that take a bottle"),
        ("bottle", "shell", "bar"),
        """Ambler 18 Daypack | Oldmill | 49.90
Quay Rolltop 22 | Nordhavn | 119
Crag 25 Daypack | Karst | 139
Skip 20 Daypack | Tarnby | 79
Pace 12 Running Pack | Fellrun | 109
Commuter 24 | Nordhavn | 129
Picnic 20 Daypack | Tarnby | 85
Notch 28 Daypack | Karst | 149""",
    ),
    Kind(
        "trekpack",
        "packs",
        "pack",
        3,
        ("S/M", "M/L"),
        ("A frame that moves with you and a lid that comes off.", "Carries fifteen kilos as if they were ten."),
        ("Adjustable back length", "Rain cover in the base", "Hip belt with two pockets"),
        ("sleepingbag", "tunneltent", "mat"),
        """Massif 55 Trekking Pack | Karst | 259
Long Way 60 Trekking Pack | Nordhavn | 229
Hut to Hut 38 | Karst | 189
Fastpack 40 | Fellrun | 199
Wayfarer 50 | Oldmill | 119
Plateau 65 Trekking Pack | Karst | 279""",
    ),
    Kind(
        "duffel",
        "packs",
        "pack",
        4,
        (),
        (
            "Throw it on a roof rack, a ferry or a sledge.",
            "One wide zip, two handles, straps to carry it on your back.",
        ),
        ("Coated recycled polyester", "Stows into its own end pocket"),
        ("towel", "down", "bottle"),
        """Ferry Duffel 60 | Nordhavn | 139
Porter Duffel 45 | Karst | 129
Weekend Duffel 35 | Tarnby | 99
Haul Duffel 90 | Karst | 169
Plain Duffel 40 | Oldmill | 59.90""",
    ),
    Kind(
        "tote",
        "packs",
        "linen",
        4,
        (),
        (
            "For the market, the beach and the book you did not mean to buy.",
            "Heavy canvas with a flat base, so that it stands.",
        ),
        ("Waxed cotton canvas", "Inside pocket for keys"),
        ("coffeebag", "towel", "blanket"),
        """Market Tote | Willowmere | 34.90
Harbor Tote | Nordhavn | 49
Log Carrier Tote | Emberly | 59
Picnic Tote | Tarnby | 39.90""",
    ),
    Kind(
        "dometent",
        "shelter",
        "shelter",
        3,
        ("2 persons", "3 persons"),
        (
            "Two poles, eight clips, up before the kettle boils.",
            "Freestanding, so you can change your mind about the view.",
        ),
        ("Two doors, two porches", "Hydrostatic head 3,000 mm", "Poles of 7001 aluminum"),
        ("sleepingbag", "mat", "lantern"),
        """Kote Dome Tent | Kvisten | 349
Lynx Dome Tent | Kvisten | 419
Bivvy Ledge Tent | Karst | 529
Family Dome Tent | Oldmill | 199
Trillium Dome Tent | Tarnby | 289
Storm Dome Tent | Kvisten | 489""",
    ),
    Kind(
        "tunneltent",
        "shelter",
        "shelter",
        3,
        (),
        (
            "The most room for the weight, and quiet in wind if you pitch it end-on.",
            "A porch large enough to cook and to sulk in.",
        ),
        ("Pitches inner and outer together", "Hydrostatic head 3,500 mm", "2.1 kg"),
        ("sleepingbag", "mat", "stove"),
        """Vidda Tunnel Tent | Kvisten | 589
Nomad Tunnel Tent | Kvisten | 649
Polder Tunnel Tent | Nordhavn | 459
Long Weekend Tunnel Tent | Oldmill | 229""",
    ),
    Kind(
        "sleepingbag",
        "shelter",
        "shelter",
        3,
        ("Regular", "Long"),
        ("A hood like a porthole and a zip that does not bite.", "Warm where you lie still, roomy where you turn."),
        ("Comfort down to -2 °C", "Draft collar", "Comes with a storage sack"),
        ("mat", "dometent", "merino"),
        """Hibern 300 Sleeping Bag | Kvisten | 259
Hibern 500 Sleeping Bag | Kvisten | 329
Firn Down Sleeping Bag | Karst | 399
Summer Sleeping Bag | Oldmill | 69.90
Bothy Wool Sleeping Bag | Brookvale | 289
Cloud Sleeping Bag | Tarnby | 149
Three Season Sleeping Bag | Oldmill | 119""",
    ),
    Kind(
        "mat",
        "shelter",
        "shelter",
        3,
        (),
        (
            "A good night is mostly a matter of what lies under you.",
            "Fifteen breaths and it is up; one valve and it is gone.",
        ),
        ("R value 4.2", "Packs to the size of a bottle", "Repair patch in the pouch"),
        ("sleepingbag", "dometent", "headlamp"),
        """Drift Air Mat | Kvisten | 139
Ledge Foam Mat | Karst | 49.90
Drift Wide Air Mat | Kvisten | 169
Plain Foam Mat | Oldmill | 24.90
Loft Self-Inflating Mat | Nordhavn | 99""",
    ),
    Kind(
        "hammock",
        "shelter",
        "shelter",
        4,
        (),
        ("Two trees and five minutes.", "The shortest way from standing to asleep."),
        ("Parachute nylon", "Straps that spare the bark", "Holds 180 kg"),
        ("blanket", "lantern", "bottle"),
        """Birch Hammock | Kvisten | 69
Double Lazy Hammock | Tarnby | 79
Featherweight Hammock | Fellrun | 89""",
    ),
    Kind(
        "stove",
        "camp-kitchen",
        "metal",
        2,
        (),
        ("Half a liter boils in two minutes and a half.", "Folds to the size of a fist and simmers like a kitchen."),
        ("Piezo lighter", "Pot supports for 10 to 22 cm", "Screw cartridges"),
        ("camppot", "enamelmug", "coffeebag"),
        """Spark Gas Stove | Emberly | 59
Spark Pro Gas Stove | Emberly | 89
Twigfire Wood Stove | Emberly | 79
Cairn Alpine Stove | Karst | 129
Two Burner Camp Stove | Emberly | 149""",
    ),
    Kind(
        "camppot",
        "camp-kitchen",
        "metal",
        2,
        (),
        ("Handles that lock, a lid that strains.", "Nests around the stove, the gas and a cloth."),
        ("Hard anodized aluminum", "Scale inside", "Folding handle"),
        ("stove", "enamelmug", "spices"),
        """Billy Pot 1.4 l | Emberly | 39.90
Trekker Pot Set | Emberly | 69
Solo Pot 0.9 l | Fellrun | 44.90
Group Pot 3 l | Emberly | 59
Kettle Billy 1 l | Oldmill | 24.90""",
    ),
    Kind(
        "enamelmug",
        "camp-kitchen",
        "enamel",
        5,
        (),
        ("Falls off things, survives, tells a story.", "Two coats of enamel on steel, with a rim in dark blue."),
        ("350 ml", "For fire, hob and dishwasher"),
        ("coffeebag", "stove", "teatin"),
        """Camp Enamel Mug | Emberly | 14.90
Fireside Enamel Mug | Emberly | 16.90
Pinewood Enamel Mug | Tarnby | 15.90
Summit Enamel Mug | Karst | 17.90
Plain Enamel Mug | Oldmill | 9.90
Regatta Enamel Mug | Nordhavn | 16.90""",
    ),
    Kind(
        "bottle",
        "camp-kitchen",
        "pack",
        5,
        ("0.5 l", "0.75 l"),
        ("One wall, one cap, nothing to lose.", "Cold for a day, hot for half of one."),
        ("Stainless steel 18/8", "Cap with a loop", "Fits every side pocket"),
        ("daypack", "bar", "towel"),
        """Brook Steel Bottle | Tarnby | 27.90
Brook Insulated Bottle | Tarnby | 36.90
Flow Soft Flask | Fellrun | 22.90
Trail Bottle | Oldmill | 14.90
Harbor Bottle | Nordhavn | 32
Crag Bottle | Karst | 34.90
Meadow Bottle | Tarnby | 29.90""",
    ),
    Kind(
        "thermos",
        "camp-kitchen",
        "enamel",
        4,
        ("0.75 l", "1 l"),
        ("Tea at the top, as hot as in the kitchen.", "A cup for a lid and a stopper that pours without dripping."),
        ("Double wall, vacuum", "Hot for 24 hours"),
        ("teatin", "coffeebag", "fleece"),
        """Summit Thermos | Emberly | 44.90
Fishing Pier Thermos | Nordhavn | 49
Classic Thermos | Oldmill | 29.90
Long Shift Thermos | Emberly | 52
Sunday Thermos | Tarnby | 42""",
    ),
)
