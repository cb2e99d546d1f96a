"""When a cart is armed: enrolled, pushed, reopened, armed again, or let go. Pure.

An occasion is a cart key and an arming ordinal. Once mailed (or held out) the cart is armed again only by an item added
at least the idle time after that mail; it then leaves whatever waits of the earlier occasion. Late events move no such
time forward and hence never arm again.
"""

from datetime import datetime

from automation.contracts import CartNow, Change, Enrolled, Rules

# These ends are undone when the cart turns out to be open after all; others need something new in the cart.
UNDONE_BY_OPENING = frozenset({"cart_emptied", "cart_ordered", "cart_gone"})
NOTHING = Change("none")
WAITS = frozenset({"armed", "waiting"})


def occasion(cart_key: str, ordinal: int) -> str:
    """The name of one arming of one cart."""
    return f"{cart_key}:{ordinal}"


def next_change(
    cart: CartNow | None, enrolled: Enrolled | None, *, mailed_before: datetime | None, rules: Rules, now: datetime
) -> Change:
    """What a changed cart means for its latest enrollment.

    `mailed_before`: the latest mail about another cart that may be this one under an earlier name (a late event moves
    the start of a cart without an id, and with it the cart's key).
    """
    if cart is None or not cart.is_abandonable or cart.added_at is None:
        waiting = enrolled is not None and enrolled.state in WAITS
        return Change("exit", reason=closed_reason(cart)) if waiting else NOTHING
    due_at = _due_at(cart, rules, now)
    if enrolled is None:
        is_new = mailed_before is None or cart.added_at >= mailed_before + rules.idle
        return Change("arm", 1, cart.added_at, due_at) if is_new and _is_fresh(cart, rules, now) else NOTHING
    if enrolled.state in WAITS and enrolled.mailed_at is None:
        return _pushed(cart, enrolled, due_at, rules)
    if not _is_fresh(cart, rules, now):
        return NOTHING
    return _again(cart.added_at, due_at, enrolled, rules)


def closed_reason(cart: CartNow | None) -> str:
    """Why this cart is not one to write about."""
    if cart is None:
        return "cart_gone"
    return {"ordered": "cart_ordered", "expired": "too_old"}.get(cart.state, "cart_emptied")


def _due_at(cart: CartNow, rules: Rules, now: datetime) -> datetime:
    """Idle for long enough; what was so on arrival waits a little for the rest of its story (an order, say)."""
    return max(cart.activity_at + rules.idle, now + rules.settle)


def _pushed(cart: CartNow, enrolled: Enrolled, due_at: datetime, rules: Rules) -> Change:
    """Not mailed yet, and used again. It may have been put off past its idle time (no address, quiet hours): only news
    move it, and never the waits of its journey."""
    if enrolled.state == "waiting" and not enrolled.is_at_send:
        moved = cart.added_at != enrolled.added_at
        return Change("note", enrolled.ordinal, cart.added_at, enrolled.due_at) if moved else NOTHING
    moved = cart.added_at != enrolled.added_at or cart.activity_at + rules.idle > enrolled.due_at
    return Change("push", enrolled.ordinal, cart.added_at, due_at) if moved else NOTHING


def _again(added_at: datetime | None, due_at: datetime, enrolled: Enrolled, rules: Rules) -> Change:
    """A mailed or ended enrollment and a cart with something in it."""
    assert added_at is not None
    if enrolled.mailed_at is not None:
        late_enough = added_at >= enrolled.mailed_at + rules.idle
        action = "again" if enrolled.state == "waiting" else "arm"
        return Change(action, enrolled.ordinal + 1, added_at, due_at) if late_enough else NOTHING
    if enrolled.state == "sending":
        return NOTHING
    if enrolled.reason in UNDONE_BY_OPENING or added_at > enrolled.added_at:
        if enrolled.has_begun:
            return Change("arm", enrolled.ordinal + 1, added_at, due_at)
        return Change("reopen", enrolled.ordinal, added_at, due_at)
    return NOTHING


def _is_fresh(cart: CartNow, rules: Rules, now: datetime) -> bool:
    return now - cart.activity_at <= rules.max_age
