"""What sends a mail template: journeys by what runs and what is drafted, campaigns that have not ended, order mails."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from automation.models import Journey
from campaigns.models import Campaign, Variant
from notices.models import Notice

ENDED = (Campaign.State.DONE.value, Campaign.State.CANCELLED.value)


@dataclass(frozen=True, slots=True)
class Use:
    """One sender. `is_live`: mails of it go out by themselves; `state` in words."""

    what: str
    name: str
    url: str
    state: str
    is_live: bool


def uses() -> dict[str, tuple[Use, ...]]:
    """{slug of a template: what sends it}, with four statements."""
    found: dict[str, list[Use]] = {}
    for slugs, use in (*_journeys(), *_campaigns(), *_order_mails()):
        for slug in slugs:
            found.setdefault(slug, []).append(use)
    return {slug: tuple(sorted(of_it, key=lambda use: (not use.is_live, use.name))) for slug, of_it in found.items()}


def _journeys() -> Iterator[tuple[set[str], Use]]:
    rows = Journey.objects.exclude(state=Journey.State.ARCHIVED).select_related("version").order_by("name")
    for row in rows:
        running = set(_sent(row.version.graph)) if row.version else set()
        is_live = row.state == Journey.State.LIVE
        url = reverse("journey", args=[row.pk])
        yield running, Use("Journey", row.name, url, row.get_state_display().lower(), is_live)
        drafted = set(_sent(row.draft)) - running
        yield drafted, Use("Journey", row.name, url, "in its draft", is_live=False)


def _sent(node: Any) -> Iterator[str]:
    """The templates of every step that sends, however deep it stands."""
    if isinstance(node, dict):
        if node.get("do") == "send" and isinstance(node.get("template"), str):
            yield node["template"]
        for inner in node.values():
            yield from _sent(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _sent(inner)


def _campaigns() -> Iterator[tuple[set[str], Use]]:
    rows = Variant.objects.exclude(campaign__state__in=ENDED).select_related("campaign").order_by("campaign__name")
    for row in rows:
        campaign = row.campaign
        is_live = campaign.state in (Campaign.State.RUNNING, Campaign.State.SCHEDULED)
        words = str(campaign.get_state_display()).lower()
        url = reverse("campaign", args=[campaign.pk])
        yield {row.template, row.sent_template} - {""}, Use("Campaign", campaign.name, url, words, is_live)


def _order_mails() -> Iterator[tuple[set[str], Use]]:
    for row in Notice.objects.order_by("pk"):
        url = reverse("admin:notices_notice_change", args=[row.pk])
        yield {row.template}, Use("Order mail", str(row), url, "on" if row.enabled else "off", row.enabled)
