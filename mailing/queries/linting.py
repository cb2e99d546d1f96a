"""What a mail is linted against on this installation: its brand, picture hosts, and the languages people read."""

from django.conf import settings

from mailing.linting import LintContext
from mailing.queries.brand import brand_facts
from profiles import queries as profiles

LOOKED_AT = 5_000


def lint_context(kind: str, groups: frozenset[str] | None = None) -> LintContext:
    """`kind`: marketing or transactional; `groups`: of variables that its senders give, None where nobody knows.

    Languages are those of some 5,000 people; None where none of them says one.
    """
    languages = profiles.languages(limit=LOOKED_AT)
    return LintContext(
        kind=kind,
        brand=brand_facts(),
        image_hosts=tuple(settings.MAIL_IMAGE_HOSTS),
        groups=groups,
        locales=frozenset(languages) or None,
    )
