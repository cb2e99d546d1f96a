"""What somebody chose about a purpose, as every door hands it over, and what becomes of it. Pure.

A grant that nobody proved to come from the address's owner waits for their confirmation (double opt-in); a refusal
never waits.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cdp.lib.decision import Decision
from consent.contracts import GRANTED, PENDING

PERSON, SYSTEM = "person", "system"
NEVER, UNVERIFIED, ALWAYS = "never", "unverified", "always"


@dataclass(frozen=True, slots=True)
class Choice:
    """One statement. Whom it is about: one of

    - `address`: an e-mail address or phone number, raw (for a purpose without a channel, that identifier);
    - `address_hash`: the same where only its hash is known (no letter can be sent to it);
    - `identifier`: (kind, raw value);
    - `identifier_id`: of an identifier that is known already.

    Both an address (or its hash) and an identifier may be given: the purpose's channel says which one counts.
    `occurred_at`: None is now. `actor`: person, source:<id>, staff:<id>, system. `ip`: whole or truncated, kept
    truncated. `wording_id` or (`wording_version`, `locale`): the words it answers; neither: not known. `proof`: what
    shows that it is true, JSON values, kept deletable under `proof_kind`. `is_verified`: whoever says it answers for
    the address being theirs (a server key, a link that was mailed to it). `is_confirmed`: double opt-in is done (by a
    mail to that very address, here or elsewhere). `must_confirm`: it waits even where the purpose never asks for that
    (a browser's word). `sends_letter`: whether the address may be asked by mail. `key`: what caused it, once; by
    default its own content.
    """

    purpose: str
    state: str
    method: str
    address: str = ""
    address_hash: bytes | None = None
    identifier: tuple[str, str] | None = None
    identifier_id: int | None = None
    occurred_at: datetime | None = None
    actor: str = PERSON
    source_id: int | None = None
    ip: str = ""
    wording_id: int | None = None
    wording_version: int | None = None
    notice_version: int | None = None
    locale: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)
    proof_kind: str = ""
    is_verified: bool = False
    is_confirmed: bool = False
    must_confirm: bool = False
    sends_letter: bool = True
    reason: str = ""
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a choice. `state`: as written, `pending` for a grant that waits for its confirmation.

    `recorded`: False where this very statement was known, or changes nothing (a sign-up of somebody who is signed up).
    `decision`: what holds for the subject now. `letter`: whether a confirmation mail was asked for.
    """

    recorded: bool
    state: str
    decision: Decision
    entry_id: int | None = None
    proof_id: int | None = None
    letter: bool = False


def state_of(choice: Choice, double_opt_in: str) -> str:
    """The state to be written, by what the purpose asks of a grant."""
    if choice.state != GRANTED or choice.is_confirmed:
        return choice.state
    if choice.must_confirm or double_opt_in == ALWAYS:
        return PENDING
    return PENDING if double_opt_in == UNVERIFIED and not choice.is_verified else GRANTED


def strictest_opt_in(asked: Iterable[str]) -> str:
    """Of what a purpose and its parents ask: a topic is not opened more easily than what it is a topic of."""
    return max(asked, key=(NEVER, UNVERIFIED, ALWAYS).index, default=NEVER)


def truncated_ip(ip: str) -> str:
    """The network of an address, 203.0.113.0/24 or 2001:db8:1::/48; of what is no address nothing is kept."""
    try:
        address = ipaddress.ip_address(ip.strip().partition("/")[0].partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address.packed, bits), strict=False))
