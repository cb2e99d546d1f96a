"""Templates ready to be filled: published versions, compiled once a process for each language and brand."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from mailing.content import ContentError, Fault, parse
from mailing.models import Brand, TemplateVersion
from mailing.queries.brand import brand_facts
from mailing.rendering import Compiled, compile_content

MOST_KEPT = 500


def newest_versions(slugs: Collection[str]) -> dict[str, int]:
    """{slug: number of the version published last} of the templates that were published."""
    rows = TemplateVersion.objects.filter(template__slug__in=list(slugs)).values_list("template__slug")
    return dict(rows.annotate(newest=Max("number")))


def compiled(slug: str, number: int | None, locale: str, brand: Brand) -> Compiled:
    """The variant for somebody who reads `locale`. Raises ContentError, also where no such version is published."""
    if number is None:
        raise ContentError(Fault(f"no version of template {slug!r} is published: publish it first"))
    return _compiled(slug, number, locale or brand.default_locale, brand.updated_at)


def forget_templates() -> None:
    """Compile anew, in this process."""
    _compiled.cache_clear()


@lru_cache(maxsize=MOST_KEPT)
def _compiled(slug: str, number: int, locale: str, _brand_of: datetime | None) -> Compiled:
    """A version never changes, and a brand that changes has another time."""
    row = TemplateVersion.objects.filter(template__slug=slug, number=number).first()
    if row is None:
        raise ContentError(Fault(f"template {slug!r} has no version {number}"))
    return compile_content(parse(row.content), locale, brand_facts())
