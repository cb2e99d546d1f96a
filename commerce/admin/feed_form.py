"""The form of a feed: where it is, when it is pulled, how it is read; and the choices of columns beside it."""

import re
from typing import Any

from django import forms
from django.http import QueryDict

from cdp.lib.outbound import AddressRefused, endpoint
from cdp.lib.values import text
from commerce.feeds.mapping import TARGETS
from commerce.models import CatalogFeed
from commerce.services.feeds.files import address_problem

BY_HAND, EVERY, DAILY = "hand", "every", "daily"
WHEN = ((BY_HAND, "only by hand"), (EVERY, "every"), (DAILY, "daily at"))
UNITS = ((60, "hours"), (1, "minutes"))
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
OURS = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "range", "if-none-match", "if-modified-since"}
)
LEAST_MINUTES, MOST_MINUTES = 5, 7 * 24 * 60


class FeedForm(forms.Form):
    """Everything of a feed but its mapping. An empty header value keeps the one that is stored, for its own host alone:
    else whoever may change the address could have the secret sent to a host of theirs."""

    name = forms.CharField(max_length=100)
    url = forms.CharField(max_length=2000, required=False)
    format = forms.ChoiceField(choices=CatalogFeed.Format.choices)
    currency = forms.CharField(max_length=3, required=False)
    header_name = forms.CharField(max_length=100, required=False)
    header_value = forms.CharField(max_length=4000, required=False)
    when = forms.ChoiceField(choices=WHEN)
    every = forms.IntegerField(required=False, min_value=1, max_value=MOST_MINUTES)
    unit = forms.TypedChoiceField(choices=UNITS, coerce=int, required=False, empty_value="60")
    at_time = forms.TimeField(required=False)
    missing = forms.ChoiceField(choices=CatalogFeed.Missing.choices)
    enabled = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict | None, *, feed: CatalogFeed) -> None:
        super().__init__(data, initial=None if data else _initial(feed))
        self.feed = feed

    def clean_name(self) -> str:
        """Each name once."""
        name: str = self.cleaned_data["name"].strip()
        if CatalogFeed.objects.filter(name=name).exclude(pk=self.feed.pk).exists():
            raise forms.ValidationError("Another feed has this name: choose another one.")
        return name

    def clean_url(self) -> str:
        """An address that may be asked."""
        url: str = self.cleaned_data["url"].strip()
        if url and (problem := address_problem(url)):
            raise forms.ValidationError(problem)
        return url

    def clean_currency(self) -> str:
        """Three letters, or nothing."""
        code: str = self.cleaned_data["currency"].strip().upper()
        if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise forms.ValidationError("Write three letters of ISO 4217, as EUR.")
        return code

    def clean_header_name(self) -> str:
        """A name HTTP knows that is not ours to set."""
        name: str = self.cleaned_data["header_name"].strip()
        if name and (not TOKEN.fullmatch(name) or name.lower() in OURS):
            raise forms.ValidationError("Write the header's name alone, like Authorization.")
        return name

    def clean_header_value(self) -> str:
        """One line."""
        value: str = self.cleaned_data["header_value"].strip()
        if not value.isprintable() or not value.isascii():
            raise forms.ValidationError("Write one line of plain characters, like Bearer abc123.")
        return value

    def clean(self) -> dict[str, Any]:
        """What belongs together."""
        told = super().clean() or {}
        when, every = told.get("when"), told.get("every")
        if when == EVERY and not every:
            self.add_error("every", "Say how often.")
        elif when == EVERY and every and not LEAST_MINUTES <= every * int(told.get("unit", 60)) <= MOST_MINUTES:
            self.add_error("every", "At most every 5 minutes, and at least once a week.")
        if when == DAILY and not told.get("at_time"):
            self.add_error("at_time", "Say at what time.")
        if when != BY_HAND and "url" in told and not told["url"]:
            self.add_error("url", "A feed without an address cannot be pulled: give one, or choose “only by hand”.")
        if told.get("header_name") and not told.get("header_value"):
            if not self.feed.header_value or told["header_name"] != self.feed.header_name:
                self.add_error("header_value", "Give the header's value.")
            elif told.get("url") and _host(told["url"]) != _host(self.feed.url):
                self.add_error("header_value", "The address is another host's now: give the value it is to be sent.")
        return told

    def put(self, feed: CatalogFeed) -> None:
        """The cleaned values onto the feed; whatever is not valid stays as it was."""
        told = self.cleaned_data
        for name in ("name", "url", "format", "currency", "missing", "header_name", "enabled"):
            if name in told:
                setattr(feed, name, told[name])
        if told.get("header_value") or not feed.header_name:
            feed.header_value = told.get("header_value", "") if feed.header_name else ""
        is_every, is_daily = told.get("when") == EVERY, told.get("when") == DAILY
        feed.every_minutes = (told.get("every") or 0) * int(told.get("unit", 60)) or None if is_every else None
        feed.at_time = told.get("at_time") if is_daily else None


def mapping_in(form: QueryDict) -> dict[str, str]:
    """{column: target} as chosen beside the preview."""
    found: dict[str, str] = {}
    for key, column in form.items():
        if key.startswith("column-") and isinstance(column, str):
            target = form.get(f"target-{key[7:]}", "")
            if target in TARGETS:
                found[text(column)[:500]] = target
    return found


def _host(url: str) -> tuple[str, str]:
    """Scheme and host with port, which is whom a header is sent to; the same as in `downloading.fetch`."""
    try:
        to = endpoint(url)
    except AddressRefused:
        return "", ""
    return to.scheme, to.authority


def _initial(feed: CatalogFeed) -> dict[str, Any]:
    minutes = feed.every_minutes or 0
    unit = 60 if minutes % 60 == 0 else 1
    return {
        "name": feed.name,
        "url": feed.url,
        "format": feed.format,
        "currency": feed.currency,
        "header_name": feed.header_name,
        "when": EVERY if feed.every_minutes else DAILY if feed.at_time else BY_HAND if feed.pk else EVERY,
        "every": minutes // unit or 6,
        "unit": unit,
        "at_time": feed.at_time,
        "missing": feed.missing,
        "enabled": feed.enabled,
    }
