"""Children of the supervisor: started, watched, restarted when they die, stopped with everything they started."""

import asyncio
import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable

from cdp.embedded.console import say
from cdp.embedded.failures import StartFailure
from cdp.embedded.programs import Program

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 20.0
PR_SET_PDEATHSIG = 1
LINE_LIMIT = 256 * 1024

_libc = ctypes.CDLL(None)


class NotReady(StartFailure):
    """A program did not get ready in time."""


class Child:
    """One program kept running until `stop`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The running process's id."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Starts it and keeps it running from now on."""
        self._watcher = asyncio.create_task(self._keep_running())

    async def ready(self, *, seconds: float) -> None:
        """Waits until it is ready; raises NotReady when it is not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stopping.is_set():
            if self.pid and self.program.is_ready():
                return
            await asyncio.sleep(0.05)
        raise NotReady(f"{self.program.name} was not ready within {seconds:.0f} s; its lines above say why.")

    async def stop(self) -> None:
        """Asks it to stop, kills it after its time, and takes along whatever it started."""
        self._stopping.set()
        process = self._process
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(exit_code(process), self.program.stop_s)
            except TimeoutError:
                say("up", f"{self.program.name} did not stop within {self.program.stop_s:.0f} s: killed")
                kill_group(process.pid)
        if self._watcher:
            await self._watcher

    async def _keep_running(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                return
            self.restarts += 1
            pause = FIRST_PAUSE_S if time.monotonic() - began > HEALTHY_AFTER_S else pause
            say("up", f"{self.program.name} ended ({describe(code)}): starting it again in {pause:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _run_once(self) -> int:
        self.program.before()
        self._process = process = await spawn(self.program)
        try:
            return await copy_lines(process, self.program)
        finally:
            kill_group(process.pid)


async def spawn(program: Program) -> asyncio.subprocess.Process:
    """Starts `program` in a session of its own, so that Ctrl-C reaches only the supervisor."""
    process = await asyncio.create_subprocess_exec(
        *program.argv,
        env=dict(program.env),
        cwd=program.cwd,
        stdin=asyncio.subprocess.PIPE if program.stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_parent(program.death_signal),
        limit=LINE_LIMIT,
    )
    if process.stdin:
        process.stdin.write(program.stdin)
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()
        process.stdin.close()
    return process


async def run_to_end(program: Program) -> int:
    """Runs `program` once and returns its exit code; takes it along when cancelled."""
    process = await spawn(program)
    try:
        return await copy_lines(process, program)
    finally:
        kill_group(process.pid)


async def copy_lines(process: asyncio.subprocess.Process, program: Program) -> int:
    """Prints what `process` prints, under its program's name, until it ends; returns its exit code."""
    assert process.stdout
    lines = asyncio.create_task(_print_lines(process.stdout, program))
    code = await exit_code(process)
    await asyncio.wait({lines}, timeout=0.5)
    lines.cancel()
    return code


async def exit_code(process: asyncio.subprocess.Process) -> int:
    """The exit code as soon as there is one. `process.wait` would also wait for grandchildren that hold its pipe."""
    while process.returncode is None:
        await asyncio.sleep(0.05)
    return process.returncode


async def _print_lines(stream: asyncio.StreamReader, program: Program) -> None:
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # longer than LINE_LIMIT: asyncio has dropped it
            say(program.name, f"(a line of more than {LINE_LIMIT} bytes was left out)")
            continue
        if not line:
            return
        text = line.decode(errors="replace").rstrip()
        if text and not any(part in text for part in program.hush):
            say(program.name, text)


def kill_group(pid: int) -> None:
    """Kills the session that `pid` led, if anything of it is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def describe(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    number = int(death_signal)

    def ask_kernel() -> None:
        if hasattr(_libc, "prctl"):
            _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)

    return ask_kernel
