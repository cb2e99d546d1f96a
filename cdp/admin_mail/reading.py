"""Subjects as a sample person would read them: in lists, where Liquid would only be noise."""

from django.conf import settings

from mailing.rendering.programs import program
from mailing.rendering.scanning import LiquidProblem
from mailing.samples import full_values
from mailing.values import plain


def read_out(subject: str) -> str:
    """The subject filled with examples; as it is written where it cannot be read."""
    shop = {"name": settings.COMPANY_NAME, "url": settings.SHOP_URL}
    try:
        return program(subject, escapes=False).run(plain(full_values() | {"shop": shop}, "en"))
    except LiquidProblem:
        return subject
