"""Cleaning of an event's context: locale, zone, place, client, campaign, channel and a shortened address. Pure.

The traits that RudderStack sends in the context are cleaned with the event, since its country counts for them.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from events.cleaning.agents import Agent, agent, hinted
from events.cleaning.arrivals import arrival
from events.cleaning.countries import country
from events.cleaning.ground import Ground
from events.cleaning.locales import locale, region, time_zone
from events.cleaning.phones import Where

NO_AGENT = Agent({}, False)


class Cleaned(NamedTuple):
    """A clean context: flags, what was sent instead of what stands there now (by path), and where its phones are of."""

    flags: tuple[str, ...]
    originals: Mapping[str, Any]
    where: Where


def clean_context(context: dict[str, Any], ground: Ground) -> Cleaned:
    """Clean a context in place; objects inside it are replaced, not changed."""
    flags: list[str] = []
    originals: dict[str, Any] = {}
    for field, read in (("locale", locale), ("timezone", time_zone)):
        raw = context.get(field)
        if raw is not None and raw != "":
            _put(context, field, read(raw), f"{field}_unreadable", f"context.{field}", originals, flags)
    told = _place(context, ground, originals, flags)
    _client(context, ground, flags)
    page = context.get("page")
    if isinstance(page, Mapping):
        put_arrival(context, page)
    if isinstance(ip := context.get("ip"), str):
        context["ip"] = shortened(ip)
    return Cleaned(tuple(flags), originals, Where(told, region(context.get("locale")), ground.country))


def put_arrival(context: dict[str, Any], page: Mapping[str, Any]) -> None:
    """Note how somebody came to this page, as far as the client did not."""
    sent = context.get("campaign")
    found = arrival(page, sent)
    if found is None:
        return
    if found.campaign:
        context["campaign"] = {**found.campaign, **sent} if isinstance(sent, Mapping) else dict(found.campaign)
    if found.channel:
        context.setdefault("channel_group", found.channel)


@lru_cache(maxsize=16_384)
def shortened(ip: str) -> str:
    """The network an address stands in (/24, of IPv6 /48); what is no address stays."""
    try:
        address = ipaddress.ip_address(ip.strip())
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address.packed, bits), strict=False).network_address)


def _put(
    bag: dict[str, Any],
    field: str,
    found: str | None,
    flag: str,
    path: str,
    originals: dict[str, Any],
    flags: list[str],
) -> None:
    if found is None:
        flags.append(flag)
    elif found != bag[field]:
        originals[path] = bag[field]
        bag[field] = found


def _place(context: dict[str, Any], ground: Ground, originals: dict[str, Any], flags: list[str]) -> str:
    """The country the client tells, cleaned; where it tells no place, that of its address is noted."""
    given = context.get("location")
    if isinstance(given, dict) and given:
        raw = given.get("country")
        if raw is None or raw == "":
            return ""
        context["location"] = given = dict(given)
        _put(given, "country", country(raw), "country_unreadable", "context.location.country", originals, flags)
        return country(given["country"]) or ""
    if ground.locate is not None and not given:
        ip = context.get("ip")
        found = ground.locate(ip if isinstance(ip, str) and ip else ground.ip)
        if found is not None:
            context["location"] = {name: value for name, value in found._asdict().items() if value}
            flags.append("geoip")
    # A place found by address never counts for phones: another file would make them another person's.
    return ""


def _client(context: dict[str, Any], ground: Ground, flags: list[str]) -> None:
    text = context.get("userAgent")
    found = agent(text) if isinstance(text, str) and text else agent(ground.agent) if ground.agent else NO_AGENT
    hints = context.get("userAgentData")
    client = hinted(found.client, hints) if isinstance(hints, Mapping) else found.client
    if client:
        context.setdefault("client", client)
    if found.is_bot:
        flags.append("bot")
