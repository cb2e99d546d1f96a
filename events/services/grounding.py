"""Grounding: what a request and its source say for all of its events, so that those can be cleaned."""

from functools import lru_cache

from events.cleaning.ground import Ground
from events.contracts import RequestFacts, SourceFacts
from events.geoip import locator


def ground_of(source: SourceFacts, facts: RequestFacts) -> Ground:
    """A person's own browser tells its user agent and, where places are looked up, its address in the request's head;
    a server's head tells of the server."""
    locate = locator()
    if source.server_side:
        return _ground(source.country, "", "", locate)
    return _ground(source.country, facts.user_agent, facts.ip if locate else "", locate)


@lru_cache(maxsize=4096)
def _ground(country: str, agent: str, ip: str, locate: object) -> Ground:
    # Scripts of the shop send with an HTTP library; only what says it is a browser tells of somebody's device.
    return Ground(country, agent if agent.startswith("Mozilla/") else "", ip, locate)  # type: ignore[arg-type]
