"""The mails that ship with the service, made templates where they are missing and published as their version 1."""

from django.db import transaction

from mailing.models import MailTemplate, TemplateVersion
from mailing.shipped import ShippedMail, shipped_mails


def ensure_shipped() -> list[str]:
    """The slugs that were made. What is there stays as it is, archived too: staff may have changed it."""
    there = set(MailTemplate.objects.values_list("slug", flat=True))
    return [one.code for one in shipped_mails() if one.code not in there and _make(one)]


@transaction.atomic
def _make(one: ShippedMail) -> bool:
    content = dict(one.content)
    row, is_new = MailTemplate.objects.get_or_create(
        slug=one.code,
        defaults={"name": one.name, "kind": one.kind, "notes": one.about, "draft": content, "shipped": one.code},
    )
    if is_new:
        TemplateVersion.objects.create(template=row, number=1, content=content)
    return is_new
