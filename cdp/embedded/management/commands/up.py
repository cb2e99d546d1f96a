"""`manage.py up [--demo]`: runs the whole service until Ctrl-C."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.embedded.failures import StartFailure
from cdp.embedded.machine import this_machine
from cdp.embedded.supervisor import Plan, Supervisor
from cdp.lib import env


class Command(BaseCommand):
    """Starts servers, web, workers and beat; restarts what dies; stops all on SIGINT or SIGTERM."""

    help = "Run PostgreSQL, Valkey, web, workers and beat until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="with demo data and a local mail sink")
        parser.add_argument("--fresh", action="store_true", help="with --demo: forget the demo's data first")

    def handle(self, *args: Any, **options: Any) -> None:
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        plan = Plan(
            var_dir=settings.VAR_DIR,
            host=env.text("HOST", "127.0.0.1"),
            port=settings.PORT,
            base_url=settings.BASE_URL,
            web_workers=env.integer("WEB_WORKERS", this_machine(settings.VAR_DIR).cores, low=1, high=64),
            web_threads=env.integer("WEB_THREADS", 4, low=1, high=64),
            demo=options["demo"],
            fresh=options["fresh"] and options["demo"],
            live_rate=env.integer("DEMO_LIVE", 12, low=0, high=3_000),
        )
        try:
            asyncio.run(_run(plan))
        except StartFailure as error:
            raise CommandError(str(error)) from error


async def _run(plan: Plan) -> None:
    await Supervisor(plan).run()
