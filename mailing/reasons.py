"""Why a message was not sent, or waits: the stable codes, each with its words for people. Pure.

Senders above add codes of their own stories; what they end messages with is here, since mailing shows it.
"""

REASONS = {
    "queued": "A mail was queued",
    "sent": "Mailed",
    "held_out": "Held out: this address belongs to the comparison group",
    "cart_gone": "The cart no longer exists",
    "cart_emptied": "The cart was emptied",
    "cart_ordered": "The cart was ordered",
    "ordered_since": "The person ordered in the meantime",
    "too_old": "The cart has been idle for too long",
    "not_idle": "The cart was used again: waiting for it to be idle",
    "no_address": "No e-mail address is known: waiting for one",
    "shared_profile": "The identifier is shared by too many people",
    "out_of_stock": "Nothing in the cart can be bought now",
    "no_known_products": "No feed and no server told us of anything in the cart: there is nothing we could name",
    "mailed_lately": "The address got a mail after this cart was filled",
    "newer_cart": "Waiting: a mail about a cart filled later comes first",
    "capped": "The address got enough mail this week",
    "capped_day": "The address got enough mail today",
    "stopped": "All marketing mail is stopped by staff",
    "pace": "Waiting for its turn: mail goes out at a limited pace",
    "behind": "Waiting: events that arrived before are not processed yet",
    "late": "The mail server was too slow: it is tried again",
    "canceled": "It was called off",
    "no_sender": "What it was sent for no longer exists",
    "quiet_hours": "Held back until the quiet hours end",
    "address_changed": "The person's address changed after the mail was queued",
    "consent_withdrawn": "Consent was withdrawn",
    "consent_denied": "Consent was denied",
    "consent_expired": "Consent has expired",
    "consent_pending": "Consent is not confirmed yet",
    "consent_default_denied": "No consent was ever given",
    "consent_no_address": "No e-mail address is known to ask consent for",
    "consent_parent_default_denied": "No consent was ever given",
    "consent_unknown_purpose": "The purpose of the journey is not installed",
    "consent_restricted": "The person asked us to restrict the use of their data",
    "paused": "The owner of the address asked for a pause",
    "frequency": "The owner of the address wants mail less often than that",
    "erased": "The person was erased",
    "suppressed_unsubscribe": "The address unsubscribed",
    "suppressed_hard_bounce": "Mail to the address bounced",
    "suppressed_complaint": "The address reported our mail as spam",
    "suppressed_erasure": "The person was erased",
    "suppressed_manual": "Staff suppressed the address",
    "error": "Something failed on our side: it is tried again",
    "render_failed": "The template could not be rendered",
    "refused": "The mail server refused the mail",
    "deferred": "The mail server asked to try again later",
    "ambiguous": "The connection broke during the hand-over: it may or may not have been accepted",
    "worker_died": "The worker died during the hand-over: it may or may not have been accepted",
}

OF_PARENT = "consent_parent_"


def words(code: str) -> str:
    """The sentence for a code; codes of mail servers (refused_550) are spoken of by their kind, and what is refused for
    all mail is told like what is refused for one topic of it.
    """
    if code not in REASONS and code.startswith(OF_PARENT):
        return f"{words('consent_' + code.removeprefix(OF_PARENT))}, for all of this kind"
    return REASONS.get(code) or REASONS.get(code.rpartition("_")[0]) or code.replace("_", " ")
