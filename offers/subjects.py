"""What offers keep of persons: codes that were given to them, what they used, and how often. Prices name nobody."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="offers.Code",
        personal=("identifier_id", "given_for", "code", "shown"),
        keyed_by="identifier_id",
        export="the codes that were given to them, of which offer, when and until when",
        erase="the person and the occasion are taken off; a code that was not used yet is taken back",
        retention="as long as the offer is kept",
    ),
    Subject(
        model="offers.Redemption",
        personal=("identifier_id", "order_id", "key"),
        keyed_by="identifier_id",
        export="each offer they reserved, used or gave back, when, with the order and the amount",
        erase="the person is taken off and the caller's key is replaced; the use stays counted in the budget",
        retention="by the retention rules offer_reservations and offer_redemptions",
    ),
    Subject(
        model="offers.PersonUse",
        personal=("identifier_id",),
        keyed_by="identifier_id",
        export="with the redemptions, of which it is the count",
        erase="deleted",
        retention="as long as the offer is kept: the cap counts over all of its time",
    ),
)
