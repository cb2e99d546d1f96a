"""How each campaign table is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        model="campaigns.Recipient",
        personal=("identifier_id", "address_hash"),
        keyed_by="identifier_id",
        export="campaign, variant, state, reason and times",
        erase="a waiting one is skipped; identifier and hash are taken off, the rest stays as a count",
        retention="identifier_id by the retention rule campaign_recipients; the rest until erased",
    ),
    Subject(
        model="campaigns.Campaign",
        personal=("seeds",),
        keyed_by="addresses of staff who get every variant",
        export="nothing: they are staff, by their addresses at work",
        erase="an erased person's address is taken off every seed list",
        retention="as long as the campaign",
    ),
)
