"""`manage.py demo_live`: the demo's people keep shopping, as the supervisor runs it beside `./run demo`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.demo import seeding
from cdp.demo.playing import demo_target, play_live
from cdp.demo.simulate.sending import NotSentError
from cdp.lib.clock import utc_now

SAYS_EVERY_S = 3_600.0


class Command(BaseCommand):
    """Plays until SIGTERM. Needs the demo seeded."""

    help = "Synthetic visits in real time to the running demo, until stopped."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rate", type=float, default=0.2, help="Events a second, over the day's mean.")

    def handle(self, *args: Any, **options: Any) -> None:
        target = demo_target(settings.BASE_URL)
        if target is None:
            raise CommandError("demo_live plays in a demo that ./run demo has seeded: there is no demo.json.")
        plan = seeding.plan(utc_now())
        try:
            play_live(plan, target, options["rate"], 0.0, self.stdout.write, every_s=SAYS_EVERY_S)
        except NotSentError as error:
            raise CommandError(str(error)) from error
