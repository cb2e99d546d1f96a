"""Offers, price lists, content and decided places in force that ask who is in a segment: archiving it would change what
people get, without a word."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from decisions.content import read_content
from decisions.definition import mentions_of, read_definition
from decisions.models import ContentBlock, DecisionPlacement
from offers.models import Offer, PriceList


@dataclass(frozen=True, slots=True)
class Shown:
    """One of them: what kind, its name, what it does with the segment, its page."""

    kind: str
    name: str
    what: str
    url: str


def shown_by(slug: str) -> Iterator[Shown]:
    """Those that are live, or paused and would be live again; four statements."""
    offers = Offer.objects.filter(state__in=[Offer.State.LIVE, Offer.State.PAUSED], version__audience_slug=slug)
    for offer in offers.order_by("name"):
        yield Shown("offer", offer.name, "is for who is in it", reverse("offer", args=[offer.pk]))
    for prices in PriceList.objects.filter(state=PriceList.State.LIVE, segment=slug).order_by("name"):
        url = reverse("price-list", args=[prices.pk])
        yield Shown("price list", prices.name, "has the prices of who is in it", url)
    for block in ContentBlock.objects.filter(state=ContentBlock.State.LIVE).select_related("version").order_by("name"):
        if block.version is not None and slug in read_content(block.version.content).segments:
            url = reverse("content-block", args=[block.pk])
            yield Shown("content", block.name, "has a variant for who is in it", url)
    states = [DecisionPlacement.State.LIVE, DecisionPlacement.State.PAUSED]
    for place in DecisionPlacement.objects.filter(state__in=states).select_related("version").order_by("name"):
        definition = read_definition(place.version.definition)[0] if place.version is not None else None
        if definition is not None and slug in mentions_of(definition).segments:
            url = reverse("decided-place", args=[place.pk])
            yield Shown("decided place", place.name, "decides by who is in it", url)
