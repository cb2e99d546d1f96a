"""`python -m cdp.embedded [--temp] COMMAND…`: runs a command with servers that live as long as it does.

With `--temp` they live in a folder of their own, are quick rather than durable, and are gone afterwards (tests).
Without, they are those of VAR_DIR; if `./run up` runs there, its servers are used. Exits with the command's code.
"""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from cdp.embedded.endpoints import database_url
from cdp.embedded.failures import StartFailure
from cdp.embedded.leftovers import kill_marked
from cdp.embedded.lock import AlreadyRunning, only_supervisor
from cdp.embedded.servers import prepare_folders, running_servers, throwaway_folder
from cdp.lib import env

ROOT = Path(__file__).resolve().parents[2]


async def run(command: list[str], var_dir: Path, *, durable: bool) -> int:
    """Starts the servers of `var_dir`, runs `command`, stops the servers; returns the command's code."""
    loop = asyncio.get_running_loop()
    async with running_servers(var_dir, durable=durable, quiet=True) as endpoints:
        environment = os.environ | {
            "DATABASE_URL": endpoints.database_url,
            "REDIS_URL": endpoints.redis_url,
            "VAR_DIR": str(var_dir),
        }
        process = await asyncio.create_subprocess_exec(*command, env=environment)
        for number in (signal.SIGINT, signal.SIGTERM):
            # Ctrl-C reaches the command by itself; we wait for its end and then clear up.
            loop.add_signal_handler(number, _pass_on, process, number)
        return await process.wait()


def _pass_on(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if number is signal.SIGTERM or not sys.stdin.isatty():
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)


def main() -> int:
    """Parses the command line; says on one line what cannot be done."""
    arguments = sys.argv[1:]
    is_temporary = arguments[:1] == ["--temp"]
    command = arguments[1:] if is_temporary else arguments
    if not command:
        sys.stderr.write("usage: python -m cdp.embedded [--temp] COMMAND…\n")
        return 2
    try:
        if is_temporary:
            with throwaway_folder() as folder:
                return asyncio.run(run(command, folder, durable=False))
        return _run_in(env.folder("VAR_DIR", ROOT / "var"), command)
    except StartFailure as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run_in(var_dir: Path, command: list[str]) -> int:
    prepare_folders(var_dir)
    try:
        with only_supervisor(var_dir):
            kill_marked(var_dir)
            return asyncio.run(run(command, var_dir, durable=True))
    except AlreadyRunning:
        if not database_url(var_dir).endswith("@127.0.0.1:1/cdp"):
            os.execvp(command[0], command)  # noqa: S606 - the supervisor's servers serve
        raise


if __name__ == "__main__":
    sys.exit(main())
