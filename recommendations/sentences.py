"""The sentence beside each reason code, for the customer to read. Pure.

In English for pages; mails choose the table of their language and say nothing in one that has none.
"""

from collections.abc import Mapping

from recommendations.contracts import Reason

Wording = Mapping[Reason, tuple[str, str]]

# Where the product it is because of can be named, and where it cannot.
ENGLISH: Wording = {
    Reason.VIEWED: ("Because you viewed {because}", "Because of what you viewed"),
    Reason.ADDED: ("Because you added {because}", "Because of what you put into your cart"),
    Reason.BOUGHT: ("Because you bought {because}", "Because of what you bought"),
    Reason.TOGETHER: ("Often bought with {because}", "Often bought together"),
    Reason.VIEWED_TOGETHER: ("Others viewed it with {because}", "Often viewed together"),
    Reason.ALIKE: ("Similar to {because}", "Similar"),
    Reason.ACCESSORY: ("Goes with {because}", "Goes with it"),
    Reason.CART: ("Goes with {because}", "Goes with what you chose"),
    Reason.BUY_AGAIN: ("Buy again", "Buy again"),
    Reason.REBUY_DUE: ("Time to buy again?", "Time to buy again?"),
    Reason.SESSION: ("Goes with what you are looking at", "Goes with what you are looking at"),
    Reason.RECENT: ("You viewed it lately", "You viewed it lately"),
    Reason.POPULAR: ("Popular now", "Popular now"),
    Reason.POPULAR_IN_CATEGORY: ("Popular in {because}", "Popular in this category"),
    Reason.POPULAR_IN_REGION: ("Popular near you", "Popular near you"),
    Reason.NEWEST: ("New in the shop", "New in the shop"),
    Reason.SEARCH: ("Matches your search", "Matches your search"),
    Reason.PINNED: ("Our pick", "Our pick"),
    Reason.ASSORTMENT: ("From our range", "From our range"),
}

GERMAN: Wording = {
    Reason.VIEWED: ("Weil Sie {because} angesehen haben", "Passend zu dem, was Sie angesehen haben"),
    Reason.ADDED: ("Weil {because} in Ihrem Warenkorb war", "Passend zu dem, was in Ihrem Warenkorb war"),
    Reason.BOUGHT: ("Weil Sie {because} gekauft haben", "Passend zu dem, was Sie gekauft haben"),
    Reason.TOGETHER: ("Oft zusammen mit {because} gekauft", "Oft zusammen gekauft"),
    Reason.VIEWED_TOGETHER: ("Oft zusammen mit {because} angesehen", "Oft zusammen angesehen"),
    Reason.ALIKE: ("Ähnlich wie {because}", "Ähnlich"),
    Reason.ACCESSORY: ("Passt zu {because}", "Passt dazu"),
    Reason.CART: ("Passt zu {because}", "Passt zu Ihrer Auswahl"),
    Reason.BUY_AGAIN: ("Noch einmal kaufen", "Noch einmal kaufen"),
    Reason.REBUY_DUE: ("Zeit zum Nachkaufen?", "Zeit zum Nachkaufen?"),
    Reason.SESSION: ("Passt zu dem, was Sie gerade ansehen", "Passt zu dem, was Sie gerade ansehen"),
    Reason.RECENT: ("Kürzlich angesehen", "Kürzlich angesehen"),
    Reason.POPULAR: ("Gerade beliebt", "Gerade beliebt"),
    Reason.POPULAR_IN_CATEGORY: ("Beliebt in {because}", "Beliebt in dieser Kategorie"),
    Reason.POPULAR_IN_REGION: ("Beliebt in Ihrer Nähe", "Beliebt in Ihrer Nähe"),
    Reason.NEWEST: ("Neu im Shop", "Neu im Shop"),
    Reason.SEARCH: ("Passt zu Ihrer Suche", "Passt zu Ihrer Suche"),
    Reason.PINNED: ("Unser Tipp", "Unser Tipp"),
    Reason.ASSORTMENT: ("Aus unserem Sortiment", "Aus unserem Sortiment"),
}
LANGUAGES: Mapping[str, Wording] = {"en": ENGLISH, "de": GERMAN}


def wording(locale: str) -> Wording | None:
    """The table of a locale's language (de-AT: German); None where there is none."""
    return LANGUAGES.get(locale.replace("_", "-").partition("-")[0].lower())


def sentence(reason: Reason, because: str = "", say: Wording = ENGLISH) -> str:
    """E.g. “Because you viewed Red mug”; `because` is the name of a product, or of the category."""
    named, unnamed = say[reason]
    return named.replace("{because}", because) if because else unnamed
