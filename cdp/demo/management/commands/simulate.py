"""`manage.py simulate`: sends synthetic people and carts through the public API and writes what is true of them."""

import argparse
import json
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.access.models import ServerKey
from cdp.access.services import revoke_server_keys
from cdp.demo.playing import check_truth, lent_target, play_live
from cdp.demo.simulate.batching import batches
from cdp.demo.simulate.sending import NotSentError, Progress, Sender, Target
from cdp.demo.simulate.truth_files import TruthFolder
from cdp.demo.simulate.worlds import WORLDS, Plan, Simulation
from cdp.lib.clock import utc_now

BATCH_SIZES = range(1, 2_001)
USUAL_WORLDS = "shop,cart"
SYNTHETIC = "The data is synthetic: nobody in it exists, addresses are @example.com, .org and .net."


class Command(BaseCommand):
    """Keys that are not given are made: two sources named "Simulated …", and a server key revoked at the end."""

    help = "Send synthetic worlds (shop, carts, identity) to a running service; write the truth to files; or play live."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="The same seed (and --now) gives the same events.")
        parser.add_argument("--people", type=int, default=1_000)
        parser.add_argument("--days", type=int, default=30, help="Length of the history.")
        parser.add_argument("--events", type=int, default=None, help="Shop world: so many events, however many people.")
        parser.add_argument(
            "--now", type=_instant, default=None, help="Where the history ends (ISO 8601); default now."
        )
        parser.add_argument("--world", default=USUAL_WORLDS, help=f"Of {', '.join(WORLDS)}, with commas between.")
        parser.add_argument("--idle-minutes", type=float, default=60.0, help="The journey's idle time, for the truth.")
        parser.add_argument("--max-age-hours", type=float, default=72.0, help="The journey's greatest age of a cart.")
        parser.add_argument("--processes", type=int, default=1, help="Make the shop world's events in so many.")
        parser.add_argument("--url", default=settings.BASE_URL)
        parser.add_argument("--write-key", default="", help="Write key of a browser source.")
        parser.add_argument("--server-write-key", default="", help="Write key of a server source.")
        parser.add_argument("--server-key", default="", help="sk_… with catalog:write and recommendations:read.")
        parser.add_argument("--out", "--truth", dest="truth", default="", help="File for the truth (JSON).")
        parser.add_argument("--truth-dir", default="", help="Folder for the whole truth (NDJSON): docs/simulator.md.")
        parser.add_argument("--batch", type=int, default=250, help="Events a request.")
        parser.add_argument("--threads", type=int, default=3)
        parser.add_argument("--rate", type=float, default=0.0, help="Most events a second; 0 = as fast as it goes.")
        parser.add_argument("--settle", type=float, default=2.0, help="Seconds before carts follow what forbids mail.")
        parser.add_argument("--dry-run", action="store_true", help="Send nothing; write the truth.")
        parser.add_argument("--check", action="store_true", help="Then hold the platform against the truth.")
        parser.add_argument("--against", default="", metavar="FOLDER", help="Only check, by an earlier --truth-dir.")
        parser.add_argument("--live", action="store_true", help="Visits in real time, --rate events a second (2).")
        parser.add_argument("--for", dest="hours", type=float, default=4.0, help="Hours of --live; 0 = until stopped.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] not in BATCH_SIZES:
            raise CommandError(f"--batch takes 1 to {BATCH_SIZES[-1]}")
        plan = _plan(options)
        self.stdout.write(SYNTHETIC)
        target, lent = (Target("", "", "", ""), None) if _is_dry(options) else lent_target(options)
        try:
            if options["against"]:
                self._check(Path(options["against"]), target)
            elif options["live"]:
                play_live(plan, target, options["rate"] or 2.0, options["hours"], self.stdout.write)
            else:
                self._play(plan, target, options)
        except NotSentError as error:
            raise CommandError(f"{error}. Is the service up, and do the keys belong to it?") from error
        finally:
            _give_back(lent)

    def _play(self, plan: Plan, target: Target, options: dict[str, Any]) -> None:
        with ExitStack() as stack:
            folder = options["truth_dir"]
            if options["check"] and not folder:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
            simulation = Simulation(plan, keeps_people=bool(options["truth"]))
            with ExitStack() as files:
                truth = files.enter_context(TruthFolder(Path(folder))) if folder else None
                simulation.listener = truth.add if truth else None
                self._make(simulation, target, options)
                if truth is not None:
                    truth.close(simulation)
            self._write(simulation, options)
            if options["check"]:
                self._check(Path(folder), target)

    def _make(self, simulation: Simulation, target: Target, options: dict[str, Any]) -> None:
        packed = batches(simulation.parcels(), options["batch"])
        if options["dry_run"]:
            count = sum(len(batch.items) for batch in packed)
            self.stdout.write(f"{count:,} events made, none sent")
            return
        sender = Sender(target, threads=options["threads"], rate=options["rate"], settle_s=options["settle"])
        sender.send_products([product.as_row(target.url.rstrip("/")) for product in simulation.catalog.products])
        done = sender.send(packed, self._tell)
        self._tell(done)
        self.stdout.write(f"{len(simulation.catalog.products)} products and {done.sent:,} events acknowledged")

    def _write(self, simulation: Simulation, options: dict[str, Any]) -> None:
        if options["truth"]:
            path = Path(options["truth"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(simulation.document(), indent=1))
            self.stdout.write(f"the truth is in {path}")
        if options["truth_dir"]:
            self.stdout.write(f"the truth is in the folder {options['truth_dir']}")

    def _check(self, folder: Path, target: Target) -> None:
        if not (folder / "manifest.json").exists():
            raise CommandError(f"{folder} holds no truth: name the folder that --truth-dir wrote.")
        agree = True
        for verdict in check_truth(folder, target, self.stdout.write):
            agree = agree and verdict.is_good
            self.stdout.write(f"{'as in truth' if verdict.is_good else 'NOT AS IN TRUTH'}: {verdict.sentence}")
        if not agree:
            raise CommandError("The platform and the truth disagree: see the lines above.")

    def _tell(self, progress: Progress) -> None:
        self.stdout.write(f"{progress.sent:,} events sent, {progress.rate:,.0f} a second, {progress.rejected} rejected")


def _is_dry(options: dict[str, Any]) -> bool:
    needs_keys = options["check"] or options["live"] or options["against"]
    return bool(options["dry_run"]) and not needs_keys


def _give_back(lent: ServerKey | None) -> None:
    if lent is not None:
        revoke_server_keys([lent.pk], now=utc_now())


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
            events=options["events"],
            processes=options["processes"],
        )
    except ValueError as error:
        raise CommandError(str(error)) from error


def _as_instant(given: datetime | str | None) -> datetime:
    """Callers of the command in Python may give text too."""
    return _instant(given) if isinstance(given, str) else given or utc_now()


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant, as in 2026-01-31T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
