"""What holds for people who said nothing, by where they live: the simulator's own bookkeeping of the law. Pure."""

ASKS_FIRST = frozenset({"DE", "AT", "FR", "GB"})
MAILS_UNTIL_TOLD = frozenset({"US"})
UNKNOWN = ""
"""Nobody knows where they live: the demo's default law holds, the strictest."""


def personal_in_silence(country: str) -> bool:
    """Whether somebody who never answered may get recommendations after what they did."""
    return country != UNKNOWN and country not in ASKS_FIRST


def mailed_in_silence(country: str) -> bool:
    """Whether somebody who never said anything about e-mail may be mailed."""
    return country in MAILS_UNTIL_TOLD
