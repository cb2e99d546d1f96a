"""How each commerce table is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="commerce.Cart",
        personal=("identifier_id", "cart_id"),
        keyed_by="identifier_id",
        export="every cart: what was in it, when, and the order that closed it",
        erase="deleted: refolded from the events that are left, which are none",
        retention="by the retention rule carts, counted from its last activity",
    ),
    Subject(
        model="commerce.Order",
        personal=("identifier_id", "order_id", "cart_id", "country", "coupon", "redemptions"),
        keyed_by="identifier_id",
        export="every order with its lines and refunds",
        erase="kept without a person for the books: identifier_id becomes null, cart_id, country, "
        "coupon and redemptions are emptied; never refolded again",
        retention="as long as the law asks for business records",
    ),
    Subject(
        model="commerce.OrderLine",
        personal=("order",),
        keyed_by="order",
        export="with its order",
        erase="kept with its order, which then names nobody",
        retention="as its order",
    ),
)
