"""`./run bench mail`: mails decided, rendered and handed to a real SMTP server in a process of its own, a second.

Each is the shipped abandoned-cart mail with a cart of three products and three recommendations, to a person of its own
who agreed; permission, caps and quiet hours are asked of each. Then mails arrive one by one, and what is timed is from
the commit that queued one to its arrival.
"""

import argparse
import cProfile
import json
import os
import pstats
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bench.ground import ROOT, fresh_database, surroundings
from bench.report import report

GOAL = 500
PRODUCTS = 60
TRICKLE, TRICKLE_S = 300, 6.0


class BenchSender:
    """A cart of three products for everybody."""

    def ask(self, messages: Sequence[Any], now: datetime) -> list[Any]:
        """Go."""
        from mailing.contracts import GO, Said

        return [Said(GO, since=now - timedelta(hours=1), newest_first=now - timedelta(hours=1)) for _ in messages]

    def fill(self, messages: Sequence[Any], now: datetime) -> list[Mapping[str, Any]]:
        """The cart, as journeys about carts give it."""
        from commerce import queries as commerce
        from commerce.contracts import CartLine
        from mailing.queries.showing import cart_values

        carts = [[f"p{(one.about_id + n) % PRODUCTS}" for n in (0, 7, 19)] for one in messages]
        known = commerce.believed_products({pid for cart in carts for pid in cart})
        lines = [[(CartLine(pid, Decimal(1)), known.get(pid)) for pid in cart] for cart in carts]
        return [{"cart": cart_values(one)} for one in lines]

    def concluded(self, messages: Sequence[Any], now: datetime) -> None:
        """Nobody waits for it."""


class Sink:
    """The server's process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench._mail_sink"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self.port = int(self._line())

    def told(self) -> dict[str, list[float]]:
        """{recipient: when each mail of theirs arrived}."""
        assert self._process.stdin is not None
        print("told", file=self._process.stdin, flush=True)
        found: dict[str, list[float]] = json.loads(self._line())
        return found

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def main() -> None:
    """Many at once, then one by one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=5_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2, help="processes, as a worker with that many children has")
    parser.add_argument("--profile", action="store_true", help="of one worker, in this process")
    options = parser.parse_args()
    with fresh_database(), sinking(options.connections) as sink:
        note = surroundings()
        people = prepare(options.mails + TRICKLE)
        size = at_once(people[: options.mails], sink, options, note)
        one_by_one(people[options.mails :], sink, f"{note}; mails of {size} kB")


@contextmanager
def sinking(connections: int) -> Iterator[Sink]:
    """Django with a server of ours."""
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import override_settings

    sink = Sink()
    settings = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": sink.port,
        "EMAIL_CONNECTIONS": connections,
        "OUTBOX_WAKES": False,
        "MAIL_SENDERS": {"bench": "bench.mail.BenchSender"},
    }
    with override_settings(**settings):
        yield sink
        from mailing.services.sending import forget_connections

        forget_connections()
    sink.close()
    connection.close()


def prepare(count: int) -> list[tuple[str, int]]:
    """Products, the shipped template, and so many people who agreed: (address, identifier)."""
    from django.db import transaction

    from cdp.lib.clock import to_us, utc_now
    from cdp.lib.hashing import address_hash, keyed_hash
    from commerce.models import Product
    from consent import services as consent
    from consent.contracts import EMAIL_MARKETING, GRANTED, NewEntry
    from mailing.models import MailTemplate, TemplateVersion
    from profiles.contracts import IdentifierKey, Sighting
    from profiles.services import register_sightings

    now = utc_now() - timedelta(days=2)
    Product.objects.bulk_create(
        Product(
            product_id=f"p{n}",
            name=f"Wool hat no. {n} – “winter”",
            price=Decimal(10 + n),
            currency="EUR",
            url=f"https://shop.example/p/{n}",
            image_url=f"https://shop.example/i/{n}.jpg",
            from_feed=True,
            seen_at=now,
        )
        for n in range(PRODUCTS)
    )
    shipped = json.loads((ROOT / "mailing" / "shipped" / "abandoned-cart-1.json").read_text())
    template, _ = MailTemplate.objects.get_or_create(slug="bench-cart", defaults={"name": "Bench"})
    TemplateVersion.objects.create(template=template, number=1, content=shipped["content"])
    people: list[tuple[str, int]] = []
    for start in range(0, count, 1_000):
        emails = [f"person{n}@example{n % 40}.com" for n in range(start, min(start + 1_000, count))]
        keys = [IdentifierKey("email", email) for email in emails]
        us = to_us(now)
        sightings = [
            Sighting((key, IdentifierKey("user_id", key.value)), us, us, 1, (start + n + 1).to_bytes(16, "big"))
            for n, key in enumerate(keys)
        ]
        found = register_sightings(sightings)
        entries = [
            NewEntry(keyed_hash("bench", email), EMAIL_MARKETING, GRANTED, "api", now, address_hash=address_hash(email))
            for email in emails
        ]
        with transaction.atomic():
            consent.record_entries(entries)
        people += [(email, found[key]) for email, key in zip(emails, keys, strict=True)]
    return people


def queue(people: Sequence[tuple[str, int]], first: int) -> None:
    """A mail for each."""
    from django.db import transaction

    from cdp.lib.clock import utc_now
    from consent.contracts import EMAIL_MARKETING
    from mailing import services
    from mailing.contracts import NewMessage

    new = [
        NewMessage(
            sender="bench",
            sender_id=1,
            about_id=first + n,
            label="Bench",
            step="mail_1",
            occasion="once",
            address=email,
            identifier_id=identifier_id,
            template="bench-cart",
            purpose=EMAIL_MARKETING,
        )
        for n, (email, identifier_id) in enumerate(people)
    ]
    with transaction.atomic():
        services.queue(new, now=utc_now())


def at_once(people: Sequence[tuple[str, int]], sink: Sink, options: argparse.Namespace, note: str) -> int:
    """The whole queue by one worker; the size of a mail in kB."""
    from django.db import connection
    from django.db.models import Avg
    from django.db.models.functions import Length

    from mailing.models import Message

    queue(people, 0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    started = time.perf_counter()
    busy = profiled() if options.profile else by_processes(options.workers)
    took = time.perf_counter() - started
    arrived = sink.told()
    sent = Message.objects.filter(state="sent").count()
    twice = sum(len(times) > 1 for times in arrived.values())
    if not len(arrived) == sent == len(people) or twice:
        raise SystemExit(f"bench: {len(people)} queued, {sent} sent, {len(arrived)} arrived, {twice} twice")
    size: int = round(Message.objects.aggregate(size=Avg(Length("html")))["size"] / 1000)
    said = f"{len(people):,} mails of {size} kB HTML, {options.workers} workers with {options.connections} connections"
    said += f", each mail {busy / len(people) * 1000:.1f} ms of a core in them; {note}"
    report("mail", "mails_per_second", len(people) / took, "mails/s", goal=GOAL, note=said)
    return size


def by_processes(count: int) -> float:
    """The queue emptied by so many processes; seconds of a core that they took."""
    from django.db import connection

    from mailing.services.sending import forget_connections

    forget_connections()
    connection.close()
    before = os.times()
    children = []
    for _ in range(count):
        child = os.fork()
        if not child:
            os._exit(work())
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("bench: a worker failed, see above")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def work() -> int:
    """One worker, until nothing is left; its exit code."""
    from mailing import services

    try:
        while services.send_slice():
            pass
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def profiled() -> float:
    """The same in this process, with where the time goes."""
    profile, before = cProfile.Profile(), time.process_time()
    profile.runcall(work)
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    return time.process_time() - before


def one_by_one(people: Sequence[tuple[str, int]], sink: Sink, note: str) -> None:
    """From the commit that queued a mail to its arrival, at an even rate well below the limit."""
    from django.db import connection

    from mailing import services

    queued: dict[str, float] = {}

    def trickle() -> None:
        pause = TRICKLE_S / len(people)
        for n, one in enumerate(people):
            queue([one], 1_000_000 + n)
            queued[one[0]] = time.monotonic()
            time.sleep(pause)
        connection.close()

    thread = threading.Thread(target=trickle)
    thread.start()
    while thread.is_alive() or services.send_slice():
        if not services.send_slice():
            time.sleep(0.01)
    thread.join()
    arrived = sink.told()
    waits = sorted((arrived[to][0] - at) * 1000 for to, at in queued.items())
    said = f"{len(people)} mails queued evenly over {TRICKLE_S:.0f} s, worker woken at once, {note}"
    for name, share in (("queue_to_smtp_p50", 0.5), ("queue_to_smtp_p99", 0.99)):
        report("mail", name, waits[int(len(waits) * share)], "ms", note=said)


if __name__ == "__main__":
    main()
