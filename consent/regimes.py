"""Which body of law holds for a person: by declared country, then address, then time zone, then the default. Pure.

Countries are ISO 3166-1 alpha-2 codes; time zones IANA names, of today or older.
"""

from collections.abc import Mapping
from functools import lru_cache

from babel.core import Locale, get_global

from consent.contracts import CAN_SPAM, CCPA, GDPR, OTHER, RegimeFound

EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
# Parts of member states with codes of their own, where the GDPR holds as at home.
PARTS_OF_THE_EU = frozenset({"AX", "EA", "GF", "GP", "IC", "MF", "MQ", "RE", "YT"})
# Svalbard has a code of its own, and Norway's law.
EEA = frozenset({"IS", "LI", "NO", "SJ"})
# The UK GDPR, Switzerland's law on data protection, and the islands whose laws follow the GDPR.
LIKE_THE_EU = frozenset({"CH", "GB", "GG", "GI", "IM", "JE"})
GDPR_COUNTRIES = EU | PARTS_OF_THE_EU | EEA | LIKE_THE_EU
ALIASES = {"UK": "GB", "EL": "GR", "XI": "GB", "FX": "FR"}

# States whose laws let people opt out of sale and targeted advertising, in force or enacted by the end of 2025.
CCPA_STATES = frozenset({
    "CA", "CO", "CT", "DE", "FL", "IA", "IN", "KY", "MD", "MN", "MT", "NE", "NH", "NJ", "OR", "RI", "TN", "TX", "UT",
    "VA",
})  # fmt: skip
STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO",
    "connecticut": "CT", "delaware": "DE", "district of columbia": "DC", "florida": "FL", "georgia": "GA",
    "hawaii": "HI", "idaho": "ID", "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY",
    "louisiana": "LA", "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN",
    "mississippi": "MS", "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH",
    "new jersey": "NJ", "new mexico": "NM", "new york": "NY", "north carolina": "NC", "north dakota": "ND",
    "ohio": "OH", "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI",
    "south carolina": "SC", "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT",
    "virginia": "VA", "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
}  # fmt: skip
STATE_CODES = frozenset(STATES.values())
# An old name that means another country to tzdata than to who writes it.
MISLEADING_ZONES = frozenset({"EST"})
# Territories of the United States have codes of their own, and none of these laws.
TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "UM", "VI"})


def derive(*, country: object, address: object, state: object, time_zone: str, default: str) -> RegimeFound:
    """The law for a person of whom this is known; what cannot be read counts as unknown.

    `country`, `address` ({country, state or region}) and `state`: traits as they are; `default`: a regime.
    """
    declared, home = country_code(country), address if isinstance(address, Mapping) else {}
    of_home = country_code(home.get("country"))
    if declared:
        # The state of an address elsewhere says nothing of the country declared.
        own = us_state(state) or (us_state(_state_of(home)) if of_home in ("", declared) else "")
        return _of_place(declared, own, "country")
    if of_home:
        return _of_place(of_home, us_state(_state_of(home)) or us_state(state), "address")
    territory = country_of_zone(time_zone)
    if territory:
        found = _of_place(territory, "", "time_zone")
        return RegimeFound(found.regime, found.by, time_zone)
    return RegimeFound(default, "default")


def country_code(value: object) -> str:
    """Alpha-2 of what somebody wrote as a country, a code or its English name; empty where it is none."""
    if not isinstance(value, str):
        return ""
    text = value.strip()
    code = ALIASES.get(text.upper(), text.upper())
    return code if code in _territories() else _names().get(text.lower(), "")


def us_state(value: object) -> str:
    """The two letters of a state of the United States, by code (also `US-CA`) or name; empty where it is none."""
    if not isinstance(value, str):
        return ""
    text = " ".join(value.replace("_", " ").split())
    code = text.upper().removeprefix("US-")
    return code if code in STATE_CODES else STATES.get(text.lower(), "")


@lru_cache(maxsize=2_000)
def country_of_zone(time_zone: str) -> str:
    """Alpha-2 of the territory a time zone lies in; empty for zones of no territory (UTC) and unknown names."""
    zones, aliases = get_global("zone_territories"), get_global("zone_aliases")
    found = zones.get(time_zone) or zones.get(aliases.get(time_zone, ""), "")
    return "" if found in ("", "ZZ", "001") or time_zone in MISLEADING_ZONES else str(found)


def _of_place(country: str, state: str, by: str) -> RegimeFound:
    if country in GDPR_COUNTRIES:
        return RegimeFound(GDPR, by, country)
    if country == "US":
        detail = f"US-{state}" if state else "US"
        return RegimeFound(CCPA if not state or state in CCPA_STATES else CAN_SPAM, by, detail)
    return RegimeFound(CAN_SPAM if country in TERRITORIES else OTHER, by, country)


def _state_of(home: Mapping[object, object]) -> object:
    return home.get("state") or home.get("region")


@lru_cache(maxsize=1)
def _territories() -> frozenset[str]:
    found = {*get_global("territory_zones"), *get_global("zone_territories").values()}
    return frozenset(code for code in found if len(code) == 2) - {"ZZ"}


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    return {name.lower(): code for code, name in Locale("en").territories.items() if code in _territories()}
