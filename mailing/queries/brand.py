"""How this installation's mails look and who sends them: the brand's row, and the settings where it is empty."""

from django.conf import settings

from mailing import models
from mailing.rendering import Brand


def brand_facts() -> Brand:
    """The brand that every mail is rendered with; nothing of it is empty but the logo."""
    row = models.Brand.objects.filter(pk=1).first() or models.Brand()
    return facts_of(row)


def facts_of(row: models.Brand) -> Brand:
    """The same of a row that may not be saved: a brand's page shows what it would look like."""
    return Brand(
        company=row.company or settings.COMPANY_NAME,
        postal_address=row.postal_address or settings.COMPANY_ADDRESS,
        website=(row.website or settings.SHOP_URL).rstrip("/"),
        logo_url=row.logo_url,
        accent=row.accent,
        background=row.background,
        surface=row.surface,
        ink=row.ink,
        font=row.font,
        footer={str(locale): str(line) for locale, line in row.footer.items() if line},
    )
