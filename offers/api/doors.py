"""Who is named in what is sent to offers, once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cdp.lib.open_doors import Faults, fault
from people.queries.callers import Named

PERSON = ("profile_id", "user_id", "email", "anonymous_id")
MOST_CHARACTERS = 512


def person_of(body: Mapping[str, Any], faults: Faults) -> Named | None:
    """Who is named, beside the rest of the body or within `person`; None for nobody."""
    inside = body.get("person")
    if inside is not None and not isinstance(inside, dict):
        faults.append(fault("person", "not_an_object", f"An object with one of {', '.join(PERSON)}."))
        inside = None
    unknown = sorted((inside or {}).keys() - set(PERSON))
    faults.extend(
        fault(f"person.{name}", "unknown_field", f"A person has {', '.join(PERSON)}.") for name in unknown[:20]
    )
    named = [(name, "", body[name]) for name in PERSON if body.get(name)]
    named += [(name, "person.", inside[name]) for name in PERSON if inside and inside.get(name)]
    if len(named) > 1:
        text = f"Name the person once: {named[0][1]}{named[0][0]} is there already."
        faults.append(fault(named[1][1] + named[1][0], "too_many", text))
    if not named:
        return None
    name, before, value = named[0]
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
        faults.append(fault(before + name, "not_text", f"A text of at most {MOST_CHARACTERS} signs."))
        return None
    if name == "profile_id" and not _is_uuid(value):
        faults.append(fault(before + name, "not_a_uuid", "A profile id is a UUID."))
        return None
    return name, value


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
        return True
    except ValueError:
        return False
