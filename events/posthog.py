"""PostHog's events read as ours: what each of its names means, whom it is about, and where its `$…` properties belong.

Pure. The request stays in the inbox as it was sent; door and worker read it through here. `$pageview` is a page,
`$screen` a screen, `$identify` and `$set` are an identify, `$create_alias` an alias, `$groupidentify` a group; every
other event is a track, under its own name. What describes page, device or library goes into the context.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

PATH_TYPE = "posthog"
Fields = dict[str, Any]
_TYPES = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$set": "identify",
    "$create_alias": "alias",
    "$groupidentify": "group",
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DIRECT = "$direct"
_PAGE = {"$current_url": "url", "$pathname": "path", "$referrer": "referrer", "title": "title", "$title": "title"}
_PLACES: dict[str, tuple[str, ...]] = {
    "$lib": ("library", "name"),
    "$lib_version": ("library", "version"),
    "$raw_user_agent": ("userAgent",),
    "$user_agent": ("userAgent",),
    "$browser_language": ("locale",),
    "$locale": ("locale",),
    "$timezone": ("timezone",),
    "$ip": ("ip",),
    "$screen_width": ("screen", "width"),
    "$screen_height": ("screen", "height"),
    "$os": ("os", "name"),
    "$os_name": ("os", "name"),
    "$os_version": ("os", "version"),
    "$device_type": ("device", "type"),
    "$device_manufacturer": ("device", "manufacturer"),
    "$device_model": ("device", "model"),
    "$app_name": ("app", "name"),
    "$app_version": ("app", "version"),
    "$session_id": ("sessionId",),
    "utm_source": ("campaign", "source"),
    "utm_medium": ("campaign", "medium"),
    "utm_campaign": ("campaign", "name"),
    "utm_term": ("campaign", "term"),
    "utm_content": ("campaign", "content"),
}
_READ = frozenset({"distinct_id", "token", "$set", "$set_once", "$device_id", "$user_id", "$is_identified"}) | {
    "$anon_distinct_id",
    "$group_key",
    "$group_type",
    "$group_set",
    "$screen_name",
}


def form_payload(body: bytes) -> bytes | None:
    """The JSON in a form (`data=<base64 or JSON>`), as older browser SDKs send it; None for what is no such form."""
    if b"data=" not in body[:4096] or body.lstrip()[:1] in (b"{", b"["):
        return None
    try:
        given = parse_qs(body.decode("ascii"), max_num_fields=10).get("data", [""])[0]
        if given.lstrip()[:1] in ("{", "["):
            return given.encode()
        return base64.b64decode(given.replace(" ", "+") + "=" * (-len(given) % 4), validate=True)
    except (UnicodeDecodeError, ValueError, binascii.Error):
        return None


def keys_of(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The project keys an envelope or an event names."""
    properties = given.get("properties")
    own = properties.get("token") if isinstance(properties, dict) else None
    return tuple(key for key in (given.get("api_key"), given.get("token"), own) if isinstance(key, str) and key)


def translate(item: Mapping[str, Any]) -> Fields:
    """One PostHog event in our shape; what is of a wrong type is handed on, for the wire to name."""
    given = item.get("properties")
    properties: Fields = given if isinstance(given, dict) else {}
    event = item.get("event")
    kind = _TYPES.get(event, "track") if isinstance(event, str) else "track"
    fields: Fields = {
        "type": kind,
        "messageId": _first(item.get("uuid"), item.get("message_id"), properties.get("$insert_id")),
        "timestamp": _first(item.get("timestamp"), properties.get("$time")),
        "context": _context(item, properties, kind, event),
        **_people(item, properties, str(event)),
    }
    fields |= _said(item, properties, kind, event)
    if given is not None and not isinstance(given, dict):
        fields["properties"] = given
    return {name: value for name, value in fields.items() if value is not None}


def _said(item: Mapping[str, Any], properties: Fields, kind: str, event: object) -> Fields:
    """What the event says beyond who and where."""
    if kind == "identify":
        return {"traits": _traits(item, properties)}
    if kind == "group":
        about = properties.get("$group_set")
        traits = {"group_type": properties.get("$group_type"), **(about if isinstance(about, dict) else {})}
        return {"groupId": properties.get("$group_key"), "traits": traits}
    own = {name: value for name, value in properties.items() if not _is_theirs(name)}
    if kind == "page":
        return {"properties": {**own, **_page(properties)}}
    if kind == "screen":
        return {"properties": own, "name": properties.get("$screen_name")}
    if kind == "alias":
        return {"properties": {name: value for name, value in own.items() if name != "alias"}}
    if _is_own(event):  # what its own events say stands under their names
        own |= {name: value for name, value in properties.items() if _is_rest(name)}
    return {"event": event, "properties": own}


def _people(item: Mapping[str, Any], properties: Fields, event: str) -> Fields:
    """userId and anonymousId; on an alias also previousId."""
    distinct = _named(_first(item.get("distinct_id"), properties.get("distinct_id"), item.get("$distinct_id")))
    if event == "$create_alias":
        return _alias(distinct, _named(properties.get("alias")), properties.get("$lib") == "posthog-python")
    device = _named(_first(properties.get("$anon_distinct_id"), item.get("$anon_distinct_id")))
    device = _first(device, _named(properties.get("$device_id")))
    user = _named(properties.get("$user_id"))
    if user is None and distinct is not None and _is_user(distinct, properties, event):
        user = distinct
    anonymous = device if user is not None else _first(distinct, device)
    return {"userId": user, "anonymousId": anonymous if anonymous != user else None}


def _is_user(distinct: object, properties: Fields, event: str) -> bool:
    """Whether the distinct id is the shop's own id of a person rather than one the SDK made up."""
    identified = properties.get("$is_identified")
    if event == "$identify" or identified is True:
        return True
    if identified is False or properties.get("$process_person_profile") is False:
        return False
    if event == "$groupidentify" and isinstance(distinct, str) and (distinct[:1] == "$" or _UUID.fullmatch(distinct)):
        return False  # made up by server SDKs, since the call is about a group
    device = properties.get("$device_id")
    return device is None or distinct != device


def _alias(distinct: object, alias: object, is_python: bool) -> Fields:
    """Both ids are one person's. Which is the older depends on the SDK; an id made up by an SDK is it in any case."""
    user, previous = (alias, distinct) if is_python else (distinct, alias)
    if isinstance(user, str) and _UUID.fullmatch(user) and not _UUID.fullmatch(str(previous)):
        user, previous = previous, user
    return {"userId": user, "previousId": previous}


def _traits(item: Mapping[str, Any], properties: Fields) -> Fields | None:
    found: Fields = {}
    for given in (properties.get("$set"), item.get("$set")):
        if isinstance(given, dict):
            found |= {name: value for name, value in given.items() if not name.startswith("$")}
    return found or None


def _context(item: Mapping[str, Any], properties: Fields, kind: str, event: object) -> Fields:
    context: Fields = {}
    for name, place in _PLACES.items():
        value = properties.get(name)
        if value is None or value == "":
            continue
        if len(place) == 1:
            context.setdefault(place[0], value)
        else:
            context.setdefault(place[0], {}).setdefault(place[1], value)
    if page := _page(properties):
        context["page"] = page
    if kind != "identify" and (traits := _traits(item, properties)) is not None:
        context["traits"] = traits
    if properties.get("$is_server") is True:
        context["channel"] = "server"
    elif properties.get("$lib") == "web":
        context["channel"] = "web"
    if kind == "track" and _is_own(event):
        return context
    rest = {name: value for name, value in properties.items() if _is_rest(name)}
    return {**context, "posthog": rest} if rest else context


def _page(properties: Fields) -> Fields:
    found = {
        ours: properties[theirs] for theirs, ours in _PAGE.items() if properties.get(theirs) not in (None, _DIRECT)
    }
    url = found.get("url")
    if isinstance(url, str) and "?" in url:
        found["search"] = "?" + url.partition("?")[2].partition("#")[0]
    return found if "url" in found else {}


def _is_own(event: object) -> bool:
    """Whether an event is one of PostHog's own."""
    return isinstance(event, str) and event.startswith("$")


def _is_theirs(name: str) -> bool:
    return name.startswith("$") or name in _READ or name in _PLACES


def _is_rest(name: str) -> bool:
    """One of its own properties that has no place of ours."""
    return name.startswith("$") and name not in _READ and name not in _PLACES and name not in _PAGE


def _named(value: object) -> object:
    """An id; its placeholder for people who may not be told apart names nobody."""
    return None if value == "" or (isinstance(value, str) and value.startswith("$posthog_")) else value


def _first(*values: object) -> Any:
    return next((value for value in values if value is not None and value != ""), None)
