"""TXT records of the sender's domain, asked of the machine's own resolver for two seconds at most."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.resolver

LONGEST_S = 2.0
Texts = Sequence[str] | None


def system_resolver() -> dns.resolver.Resolver | None:
    """The machine's resolver; None where it has none."""
    try:
        found = dns.resolver.Resolver()
    except dns.exception.DNSException:
        return None
    found.timeout = found.lifetime = LONGEST_S
    return found


def texts_of(hosts: Sequence[str], resolver: dns.resolver.Resolver | None) -> list[Texts]:
    """The TXT records of each host, all asked at once: none where there are none, None where nobody answered.

    A resolver that does not even know the top-level domain knows nothing of the world outside: its “there is none” is
    no answer.
    """
    if resolver is None or not hosts:
        return [None for _ in hosts]
    with ThreadPoolExecutor(max_workers=len(hosts) + 1) as pool:
        is_of_world = pool.submit(_knows, resolver, f"{hosts[0].rpartition('.')[2]}.")
        found = list(pool.map(_asking(resolver), hosts))
        return found if is_of_world.result() else [one or None for one in found]


def _knows(resolver: dns.resolver.Resolver, zone: str) -> bool:
    try:
        return bool(resolver.resolve(zone, "NS", search=False))
    except (dns.exception.DNSException, OSError):
        return False


def _asking(resolver: dns.resolver.Resolver) -> Callable[[str], Texts]:
    def ask(host: str) -> Texts:
        try:
            answer = resolver.resolve(host, "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError, ValueError):
            return None
        return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]

    return ask
