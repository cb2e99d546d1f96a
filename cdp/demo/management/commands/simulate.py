"""`manage.py simulate`: sends synthetic people and carts through the public API and writes what is true of them."""

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.access.models import ServerKey
from cdp.access.services import make_server_key, revoke_server_keys
from cdp.demo.simulate.batching import batches
from cdp.demo.simulate.sending import NotSentError, Progress, Sender, Target
from cdp.demo.simulate.worlds import WORLDS, Plan, Simulation
from cdp.lib.clock import utc_now
from events.models import Source

BATCH_SIZES = range(1, 2_001)


class Command(BaseCommand):
    """Keys that are not given are made: two sources named "Simulated …", and a server key revoked at the end."""

    help = "Send an identity world and a cart world (synthetic data) to a running service; write the truth to a file."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="The same seed (and --now) gives the same events.")
        parser.add_argument("--people", type=int, default=1_000)
        parser.add_argument("--days", type=int, default=30, help="Length of the history.")
        parser.add_argument(
            "--now", type=_instant, default=None, help="Where the history ends (ISO 8601); default now."
        )
        parser.add_argument("--world", default=",".join(WORLDS), help="identity, cart, or both with a comma.")
        parser.add_argument("--idle-minutes", type=float, default=60.0, help="The journey's idle time, for the truth.")
        parser.add_argument("--max-age-hours", type=float, default=72.0, help="The journey's greatest age of a cart.")
        parser.add_argument("--url", default=settings.BASE_URL)
        parser.add_argument("--write-key", default="", help="Write key of a browser source.")
        parser.add_argument("--server-write-key", default="", help="Write key of a server source.")
        parser.add_argument("--server-key", default="", help="sk_… with the scope catalog:write.")
        parser.add_argument("--out", "--truth", dest="truth", default="", help="File for the truth (JSON).")
        parser.add_argument("--batch", type=int, default=250, help="Events a request.")
        parser.add_argument("--threads", type=int, default=3)
        parser.add_argument("--rate", type=float, default=0.0, help="Most events a second; 0 = as fast as it goes.")
        parser.add_argument("--settle", type=float, default=2.0, help="Seconds before carts follow what forbids mail.")
        parser.add_argument("--dry-run", action="store_true", help="Send nothing; write the truth.")

    def handle(self, *args: Any, **options: Any) -> None:
        simulation = Simulation(_plan(options))
        if options["batch"] not in BATCH_SIZES:
            raise CommandError(f"--batch takes 1 to {BATCH_SIZES[-1]}")
        self.stdout.write("The data is synthetic: nobody in it exists, addresses are @example.com, .org and .net.")
        packed = batches(simulation.parcels(), options["batch"])
        if options["dry_run"]:
            count = sum(len(batch.items) for batch in packed)
            self.stdout.write(f"{count:,} events made, none sent")
        else:
            self._send(simulation, packed, options)
        if options["truth"]:
            path = Path(options["truth"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(simulation.document(), indent=1))
            self.stdout.write(f"the truth is in {path}")

    def _send(self, simulation: Simulation, packed: Any, options: dict[str, Any]) -> None:
        target, lent = _target(options)
        sender = Sender(target, threads=options["threads"], rate=options["rate"], settle_s=options["settle"])
        try:
            sender.send_products([product.as_row(options["url"].rstrip("/")) for product in simulation.catalog.products])
            done = sender.send(packed, self._tell)
        except NotSentError as error:
            raise CommandError(f"{error}. Is the service up, and do the keys belong to it?") from error
        finally:
            if lent is not None:
                revoke_server_keys([lent.pk], now=utc_now())
        self._tell(done)
        self.stdout.write(f"{len(simulation.catalog.products)} products and {done.sent:,} events acknowledged")

    def _tell(self, progress: Progress) -> None:
        self.stdout.write(f"{progress.sent:,} events sent, {progress.rate:,.0f} a second, {progress.rejected} rejected")


def _plan(options: dict[str, Any]) -> Plan:
    worlds = tuple(name.strip() for name in options["world"].split(",") if name.strip())
    try:
        return Plan(
            seed=options["seed"],
            people=options["people"],
            days=options["days"],
            now=_as_instant(options["now"]),
            worlds=worlds,
            idle=timedelta(minutes=options["idle_minutes"]),
            max_age=timedelta(hours=options["max_age_hours"]),
        )
    except ValueError as error:
        raise CommandError(str(error)) from error


def _target(options: dict[str, Any]) -> tuple[Target, ServerKey | None]:
    browser = options["write_key"] or _source("Simulated pages", Source.Kind.BROWSER)
    server = options["server_write_key"] or _source("Simulated server", Source.Kind.SERVER)
    lent, secret = None, options["server_key"]
    if not secret:
        lent, secret = make_server_key("Simulator", ["catalog:write"])
    return Target(options["url"], browser, server, secret), lent


def _source(name: str, kind: Source.Kind) -> str:
    return Source.objects.get_or_create(name=name, defaults={"kind": kind})[0].write_key


def _as_instant(given: datetime | str | None) -> datetime:
    """Callers of the command in Python may give text too."""
    return _instant(given) if isinstance(given, str) else given or utc_now()


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant, as in 2026-01-31T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
