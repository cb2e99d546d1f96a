"""Why somebody got no mail of a campaign: its own codes and those of its audience, in words. Pure."""

OWN = {
    "campaign_cancelled": "The campaign was cancelled",
    "too_late": "It could not go out within 48 hours of its turn",
    "local_time_passed": "Their local time had passed when it started",
    "address_gone": "The address is no longer known",
    "queued_before": "A mail of this campaign to this address was queued before",
    "held_out": "Held out for comparison",
    "erased": "The person was erased",
}
LEFT_OUT = {
    "no_consent": "No consent",
    "no_address": "No e-mail address",
    "suppressed": "Suppressed: unsubscribed, bounced or complained",
    "shared": "Shared by too many people to be anybody's",
    "same_address": "Address already in the audience",
}
"""In the order in which pages name them."""


def left_out_of_gate(reason: str) -> str:
    """Which of LEFT_OUT a reason of the consent gate is."""
    return "no_address" if reason in ("no_address", "nobody", "parent_no_address") else "no_consent"


def words(code: str) -> str:
    """A sentence for a code; one of another app as it is."""
    return OWN.get(code) or LEFT_OUT.get(code) or code.replace("_", " ").capitalize()
