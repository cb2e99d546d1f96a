"""Instants as people read them: in the page's zone, with the exact instant on hover. For templates and columns."""

from datetime import date, datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime


def moment(instant: datetime | None, *, with_seconds: bool = False) -> SafeString | str:
    """A <time> element: “22 Nov 2026 14:03”, and on hover the instant in UTC to the millisecond; "–" for none."""
    if instant is None:
        return "–"
    local = localtime(instant)
    text = f"{local:%-d %b %Y %H:%M:%S}" if with_seconds else f"{local:%-d %b %Y %H:%M}"
    utc = f"{instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03d} UTC"
    return format_html('<time datetime="{}" title="{}" class="h-time">{}</time>', instant.isoformat(), utc, text)


def clock(instant: datetime) -> SafeString:
    """The same, the time of day alone: under a heading that says the day."""
    utc = f"{instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03d} UTC"
    text = f"{localtime(instant):%H:%M}"
    return format_html('<time datetime="{}" title="{}" class="h-time">{}</time>', instant.isoformat(), utc, text)


def day(value: date) -> str:
    """Sunday 22 November 2026."""
    return f"{value:%A %-d %B %Y}"
