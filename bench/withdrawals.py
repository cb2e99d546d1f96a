"""`./run bench withdrawals`: mails and withdrawals played against each other, over a real server.

Prints how many mails went out although their withdrawal had been committed before `sending` was (must be 0), and how
long the window is in which a withdrawal comes too late: from the commit of `sending` to the server's acceptance.
"""

import argparse
import logging
import os
import time
from typing import Any

from bench.ground import fresh_database, surroundings
from bench.report import report

MAILS = 1_000


def main() -> None:
    """Play and time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interleavings", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=int, default=MAILS, help="to time the window over")
    options = parser.parse_args()
    with fresh_database() as url:
        note = surroundings()
        import django

        django.setup()
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        from django.db import connection
        from django.test.utils import override_settings

        from tests.automation.sink import Sink, serve

        sink = Sink()
        with serve(sink) as port, override_settings(**settings_for(port)):
            play(sink, url, options, note)
            window(sink, options.mails, note)
        connection.close()


def settings_for(port: int) -> dict[str, object]:
    """A mail server of ours, and nothing that waits for what may follow."""
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": "",
        "EMAIL_USE_TLS": False,
        "CART_SETTLE_S": 0,
        "OUTBOX_WAKES": False,
    }


def journey() -> None:
    """The abandoned-cart journey, live, with nobody held out."""
    from automation import services

    made = services.ensure_default_journeys()
    made.holdout_share = 0
    made.save()
    services.sync_holdout(made)
    services.activate(made)


def play(sink: Any, url: str, options: argparse.Namespace, note: str) -> None:
    """The interleavings; exits with 1 when a mail went out after its withdrawal."""
    from tests.automation.turns import Turns
    from tests.automation.withdrawing import MAILER, OWNER, play

    journey()
    turns = Turns((MAILER, OWNER), url)
    try:
        tally = play(turns, sink, options.interleavings, seed=options.seed)
    finally:
        turns.close()
    said = (
        f"of {tally.interleavings:,} interleavings with seed {options.seed}: {tally.stopped:,} stopped,"
        f" {tally.window:,} withdrawn during the hand-over, {tally.before:,} after it;"
        f" ways {dict(sorted(tally.ways.items()))}; {note}"
    )
    report("withdrawals", "interleavings", tally.interleavings, "interleavings", goal=10_000, digits=0, note=note)
    report("withdrawals", "sent_after_withdrawal", tally.after, "mails", goal=0, digits=0, note=said)
    if tally.after:
        raise SystemExit(1)


def window(sink: Any, mails: int, note: str) -> None:
    """How long a hand-over takes: from the commit of `sending` to the acceptance by a server on this machine, for each
    mail by itself."""
    from automation import services
    from cdp.outbox.models import TopicRow
    from mailing import services as mailing
    from mailing.channels import Outcome, Outgoing, SmtpHand
    from mailing.services import sending
    from tests.automation import world

    took: list[float] = []

    class Timed(SmtpHand):
        def give(self, one: Outgoing) -> Outcome:
            began = time.perf_counter()
            outcome = super().give(one)
            took.append((time.perf_counter() - began) * 1000)
            return outcome

    sink.on_data = lambda: None
    sending.forget_connections()
    setattr(sending, "hand_of", lambda channel: Timed)  # noqa: B010 - a name that the module does not export
    for number in range(mails):
        owner = world.person(f"timed{number}", f"timed{number}@example.com")
        world.cart(owner, key=f"cart:t{number}")
        world.changed(f"cart:t{number}")
        services.step_slice()
    TopicRow.objects.all().delete()
    while mailing.send_slice():
        pass
    sending.forget_connections()
    took.sort()
    for name, at in (("window_p50_ms", 0.5), ("window_p99_ms", 0.99), ("window_max_ms", 1.0)):
        value = took[min(len(took) - 1, int(len(took) * at))]
        note_here = f"hand-over of one mail, {len(took):,} mails, server on this machine; {note}"
        report("withdrawals", name, value, "ms", digits=2, note=note_here)


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    main()
