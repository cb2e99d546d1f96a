"""Starts the servers a VAR_DIR needs, in order, and stops them in reverse.

What DATABASE_URL and REDIS_URL name is used as it is and not started.
"""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from cdp.embedded import binaries, endpoints
from cdp.embedded.account import choose_account
from cdp.embedded.children import Child
from cdp.embedded.console import say
from cdp.embedded.machine import this_machine
from cdp.embedded.postgres import Postgres, prepare_postgres
from cdp.embedded.valkey import prepare_valkey

# Crash recovery after a kill replays at most max_wal_size.
START_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the servers listen: ours, or those the environment named."""

    database_url: str
    redis_url: str


@contextlib.asynccontextmanager
async def running_servers(var_dir: Path, *, durable: bool = True, quiet: bool = False) -> AsyncIterator[Endpoints]:
    """PostgreSQL and Valkey, ready and recorded. Hold the lock of `var_dir`. Raises StartFailure."""
    prepare_folders(var_dir)
    async with contextlib.AsyncExitStack() as stack:
        redis_url = os.environ.get("REDIS_URL", "").strip() or await _start_valkey(stack, var_dir)
        database_url = os.environ.get("DATABASE_URL", "").strip() or await _start_postgres(
            stack, var_dir, durable, quiet
        )
        endpoints.record(var_dir, database_url=database_url, redis_url=redis_url)
        stack.callback(endpoints.forget, var_dir)
        yield Endpoints(database_url, redis_url)


async def _start_postgres(stack: contextlib.AsyncExitStack, var_dir: Path, durable: bool, quiet: bool) -> str:
    is_new = not (var_dir / "postgres" / "data").exists()
    if is_new and not quiet:
        say("up", f"making a PostgreSQL cluster in {var_dir / 'postgres'}")
    cluster: Postgres = prepare_postgres(var_dir, free_port=free_port(), durable=durable)
    child = Child(cluster.program(this_machine(var_dir), durable=durable))
    await _start(stack, child)
    return cluster.url()


async def _start_valkey(stack: contextlib.AsyncExitStack, var_dir: Path) -> str:
    account = choose_account(data=var_dir / "valkey", needs=(binaries.valkey_binary(), var_dir))
    server = prepare_valkey(var_dir, account=account, free_port=free_port())
    await _start(stack, Child(server.program(this_machine(var_dir))))
    return server.url


async def _start(stack: contextlib.AsyncExitStack, child: Child) -> None:
    stack.push_async_callback(child.stop)
    child.start()
    await child.ready(seconds=START_SECONDS)


def prepare_folders(var_dir: Path) -> None:
    """VAR_DIR and the folder of sockets, which the servers' account must be able to walk through."""
    var_dir.mkdir(parents=True, exist_ok=True)
    for name in ("run", "postgres"):
        (var_dir / name).mkdir(exist_ok=True)
    (var_dir / "run").chmod(0o755)


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def throwaway_folder() -> Iterator[Path]:
    """A VAR_DIR for one run, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cdp-")).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
