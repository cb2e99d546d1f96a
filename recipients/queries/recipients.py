"""Recipients as other apps and pages read them: never with their secrets."""

from dataclasses import dataclass

from recipients.models import Recipient


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """One recipient. `host`: of its address, without path and query, which may hold a token."""

    id: int
    name: str
    role: str
    role_label: str
    host: str
    topics: tuple[str, ...]
    purpose: str
    fields: tuple[str, ...]
    country: str
    safeguard: str
    enabled: bool


def all_recipients() -> list[RecipientFacts]:
    """Every recipient by name, disabled ones too."""
    return [
        RecipientFacts(
            row.pk,
            row.name,
            row.role,
            row.get_role_display(),
            row.url.partition("://")[2].partition("/")[0],
            tuple(row.topics),
            row.purpose,
            tuple(row.fields),
            row.country,
            row.safeguard,
            row.enabled,
        )
        for row in Recipient.objects.order_by("name")
    ]
