"""The end of the walk: no second mail, and the way out of all mails."""

import time
from collections.abc import Callable

from playwright.sync_api import expect

from cdp.demo.walk.in_the_shop import SHOPPER, newest_mail
from cdp.demo.walk.taking import Walk, WalkFailed

Step = tuple[str, Callable[[Walk], None]]
QUIET_S = 75.0
"""The demo's idle time and a bit: by then a second mail would have been sent."""


def no_second_mail(walk: Walk) -> None:
    """Longer after the order than the demo's idle time, the newest mail is still the one that led to it."""
    until = float(walk.notes["ordered_at"]) + QUIET_S
    while time.monotonic() < until:
        walk.page(SHOPPER).wait_for_timeout(500)
        if newest_mail(walk) != walk.notes["mail"]:
            raise WalkFailed(f"a second mail went to {walk.notes['email']} after the order")


def unsubscribe(walk: Walk) -> None:
    """Opening the link changes nothing; the button does, and can be undone."""
    page = walk.open(SHOPPER, f"/dev/mailbox/{walk.notes['mail']}/?view=headers")
    expect(page.get_by_text("List-Unsubscribe=One-Click").first).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the page").click()
    out = opened.value
    out.get_by_role("button", name="Unsubscribe").click()
    expect(out.get_by_role("heading")).to_contain_text("unsubscribed")
    with walk.narrow(out):
        walk.picture(out, "unsubscribed")
    out.get_by_role("button", name="Undo").click()
    expect(out.get_by_role("heading")).to_contain_text("subscribed again")


LAST_STEPS: tuple[Step, ...] = (
    ("no second mail after the order", no_second_mail),
    ("the way out", unsubscribe),
)
