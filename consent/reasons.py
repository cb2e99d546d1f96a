"""The gate's reasons, and how entries came, in words for staff and for the person. Pure."""

from collections.abc import Mapping

WORDS = {
    "granted": "they said yes",
    "withdrawn": "they took it back",
    "denied": "they said no",
    "expired": "their yes has grown too old",
    "pending": "not confirmed yet",
    "default_allowed": "nobody said anything: allowed by default where they live",
    "default_denied": "nobody said anything: not allowed by default where they live",
    "no_address": "no address or number is known",
    "unknown_purpose": "this purpose is not installed",
    "restricted": "they asked us to restrict all processing",
}
SUPPRESSED = {
    "unsubscribe": "the address unsubscribed",
    "hard_bounce": "mail to the address bounced",
    "complaint": "the address reported our mail as spam",
    "erasure": "the person was erased",
    "manual": "staff suppressed the address",
}
PARENT = "parent_"
METHODS = {
    "event": "in an event",
    "context": "along with an event, as the device remembers it",
    "gpc": "by the browser's Global Privacy Control",
    "tcf": "by an IAB consent string",
    "api": "through the API",
    "one_click": "by the mail program's button",
    "page": "on a page of ours",
    "double_opt_in": "by the link in a confirmation mail",
    "import": "in an import",
    "erasure": "by the erasure of the person",
    "staff": "by staff",
    "complaint": "by a spam complaint",
    "bounce": "by a bounced mail",
}


def counted_words(refused: Mapping[str, int]) -> str:
    """People by the gate's reason, most first: “12: they said no, 3: they took it back”; empty for none."""
    ordered = sorted(refused.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{number:,}: {reason_words(code)}" for code, number in ordered)


def method_words(method: str) -> str:
    """How an entry came; a method nobody knows stands for itself, spelled with spaces."""
    return METHODS.get(method, method.replace("_", " "))


def reason_words(reason: str) -> str:
    """What a decision's code, or a suppression's, means; a code nobody knows stands for itself, spelled with spaces."""
    of_parent = reason.removeprefix(PARENT)
    found = WORDS.get(of_parent) or SUPPRESSED.get(of_parent) or of_parent.replace("_", " ")
    return f"{found}, of all it belongs to" if of_parent != reason else found
