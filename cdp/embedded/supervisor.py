"""`manage.py up`: the servers, the web, the workers and beat under one roof, until Ctrl-C.

Promises: one supervisor a VAR_DIR; what dies is started again; a clean start after everything was killed; an orderly
stop within seconds that leaves no process behind.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cdp.embedded import leftovers
from cdp.embedded.children import Child, NotReady, describe, run_to_end
from cdp.embedded.console import say
from cdp.embedded.failures import StartFailure
from cdp.embedded.lock import only_supervisor
from cdp.embedded.ports import refuse_taken_port
from cdp.embedded.programs import Program
from cdp.embedded.servers import Endpoints, free_port, prepare_folders, running_servers

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120.0
DEMO_SETTLE_S = "5"  # the demo's carts are told in order: its mails need not wait a minute for what is late


class CouldNotStart(StartFailure):
    """A step of the start failed; its own lines say why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `demo` adds a mail sink and, once all is up, the demo's data; `live_rate`: its events a minute."""

    var_dir: Path
    host: str
    port: int
    base_url: str
    web_workers: int
    web_threads: int
    demo: bool = False
    fresh: bool = False
    live_rate: int = 0


class Supervisor:
    """Runs one plan from start to stop."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._stop = asyncio.Event()
        self._began = time.monotonic()

    async def run(self) -> None:
        """Starts everything, says when it is ready, and stops it on SIGINT or SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        with only_supervisor(self.plan.var_dir):
            if killed := leftovers.kill_marked(self.plan.var_dir):
                say("up", f"stopped {killed} processes that a killed forerunner had left")
            refuse_taken_port(self.plan.host, self.plan.port)
            prepare_folders(self.plan.var_dir)
            claim_folder(self.plan)
            async with running_servers(self.plan.var_dir) as endpoints:
                await self._until_stopped(self._serve(self._environment(endpoints)))
                say("up", "stopping")
        say("up", "stopped")

    async def _until_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` to its end or to the stop signal, whichever is first; its errors are ours."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _serve(self, environment: Mapping[str, str]) -> None:
        """Runs until it is cancelled.

        Were it to wait for the stop itself, `_until_stopped` would cancel it while it stops the children, and the
        database would end under the workers' hands.
        """
        children: list[Child] = []
        sinks = [Child(self._mail_sink(environment))] if self.plan.demo else []
        try:
            for sink in sinks:
                sink.start()
            await self._step("prepare", ["prepare"], environment)
            for program in self._programs(environment):
                child = Child(program)
                children.append(child)
                child.start()
            await self._ready(environment)
            if self.plan.demo and self.plan.live_rate:
                children.append(Child(self._live(environment)))
                children[-1].start()
            await asyncio.Event().wait()
        finally:
            await asyncio.gather(*(child.stop() for child in reversed(children)))
            await asyncio.gather(*(sink.stop() for sink in sinks))  # last: a worker may be handing over a mail

    async def _ready(self, environment: Mapping[str, str]) -> None:
        await wait_for_web(self.plan, seconds=READY_SECONDS)
        if self.plan.demo:
            await self._step("demo", ["seed_demo"], environment)
        seconds = time.monotonic() - self._began
        say(
            "up",
            f"READY {self.plan.base_url} after {seconds:.0f} s · admin: {self.plan.base_url}/admin/ · Ctrl-C stops",
        )

    async def _step(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        code = await run_to_end(Program(name, (sys.executable, str(ROOT / "manage.py"), *arguments), environment, ROOT))
        if code:
            raise CouldNotStart(
                f"`manage.py {' '.join(arguments)}` failed ({describe(code)}); its lines above say why."
            )

    def _environment(self, endpoints: Endpoints) -> dict[str, str]:
        environment = os.environ | {
            "DATABASE_URL": endpoints.database_url,
            "REDIS_URL": endpoints.redis_url,
            "VAR_DIR": str(self.plan.var_dir),
            "PORT": str(self.plan.port),
            leftovers.MARK: str(self.plan.var_dir),
            "PYTHONUNBUFFERED": "1",
        }
        if self.plan.demo:
            environment |= {
                "DEMO": "1",
                "EMAIL_HOST": "127.0.0.1",
                "EMAIL_PORT": str(free_port()),
                "EMAIL_HOST_USER": "",
                "EMAIL_USE_TLS": "0",
                "CART_SETTLE_S": os.environ.get("CART_SETTLE_S") or DEMO_SETTLE_S,
            }
        return environment

    def _mail_sink(self, environment: Mapping[str, str]) -> Program:
        argv = (sys.executable, "-m", "cdp.demo.mail_sink", environment["EMAIL_PORT"], str(self.plan.var_dir / "mail"))
        return Program("mail-sink", argv, environment, ROOT, stop_s=2.0)

    def _live(self, environment: Mapping[str, str]) -> Program:
        argv = (sys.executable, str(ROOT / "manage.py"), "demo_live", "--rate", str(self.plan.live_rate / 60))
        return Program("live", argv, environment, ROOT)

    def _programs(self, environment: Mapping[str, str]) -> tuple[Program, ...]:
        beat = ("beat", "--schedule", str(self.plan.var_dir / "run" / "beat-schedule"), "--pidfile=")
        return (
            replace(self._celery("web", environment, ()), argv=self._web()),
            self._celery("worker", environment, _worker("worker", "ingest,default,segments,mail", 2)),
            self._celery("worker-ml", environment, _worker("ml", "ml", 1)),
            self._celery("beat", environment, beat),
        )

    def _web(self) -> tuple[str, ...]:
        plan = self.plan
        options = [
            "--interface",
            "wsgi",
            "--host",
            plan.host,
            "--port",
            str(plan.port),
            "--workers",
            str(plan.web_workers),
        ]
        options += ["--blocking-threads", str(plan.web_threads), "--http", "1", "--no-ws", "--backlog", "2048"]
        options += ["--respawn-failed-workers", "--log-level", "warning", "--workers-kill-timeout", "4"]
        return (sys.executable, "-m", "granian", *options, "cdp.wsgi:application")

    def _celery(self, name: str, environment: Mapping[str, str], arguments: tuple[str, ...]) -> Program:
        # Celery's warning about root concerns pickle, which is refused here.
        quiet = ("-W", "ignore:You're running the worker")
        argv = (sys.executable, *quiet, "-m", "celery", "-A", "cdp.celery", "--quiet", *arguments)
        return Program(name, argv, environment, ROOT, hush=("Warm shutdown", "Cold shutdown"))


def _worker(name: str, queues: str, processes: int) -> tuple[str, ...]:
    return (
        "worker",
        *("--queues", queues, "--concurrency", str(processes), "--hostname", f"{name}@%h"),
        *("--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--prefetch-multiplier", "1"),
    )


def claim_folder(plan: Plan) -> None:
    """Marks VAR_DIR as a demo's or a real deployment's on first use, and refuses the other. `fresh` empties a demo."""
    marker, wanted = plan.var_dir / "run" / "purpose", "demo" if plan.demo else "real"
    found = marker.read_text().strip() if marker.exists() else wanted
    if found != wanted and plan.demo:
        raise CouldNotStart(f"{plan.var_dir} holds a real deployment. For a demo: VAR_DIR=var/demo ./run demo")
    if found != wanted:
        raise CouldNotStart(
            f"{plan.var_dir} holds the demo. For real use: VAR_DIR=var/real ./run up, or remove {plan.var_dir}."
        )
    if plan.fresh:
        for name in ("postgres", "valkey", "mail", "models", "lake", "secrets", "demo-truth"):
            shutil.rmtree(plan.var_dir / name, ignore_errors=True)
        (plan.var_dir / "demo.json").unlink(missing_ok=True)
        prepare_folders(plan.var_dir)
    marker.write_text(wanted + "\n")


async def wait_for_web(plan: Plan, *, seconds: float) -> None:
    """Returns once the web answers; raises NotReady when it does not in time."""
    host = "127.0.0.1" if plan.host in ("0.0.0.0", "::", "") else plan.host  # noqa: S104 - compared, not bound
    url = f"http://{host}:{plan.port}/health/live"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if await asyncio.to_thread(_answers, url):
            return
        await asyncio.sleep(0.1)
    raise NotReady(f"The web did not answer on {url} within {seconds:.0f} s; its lines above say why.")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - always http to ourselves
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
