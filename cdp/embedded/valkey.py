"""The embedded Valkey of a VAR_DIR: on a loopback port with a password, and without any memory of its last life."""

import secrets
import signal
from dataclasses import dataclass
from pathlib import Path

import redis

from cdp.embedded import binaries, leftovers
from cdp.embedded.account import Account
from cdp.embedded.machine import Machine, valkey_memory
from cdp.embedded.programs import Program


@dataclass(frozen=True, slots=True)
class Valkey:
    """One server. Its password lives as long as the supervisor."""

    folder: Path
    binary: Path
    account: Account
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    def program(self, machine: Machine) -> Program:
        """The server as the supervisor runs it; its settings go in by stdin, so no file or list shows the password."""
        return Program(
            "valkey",
            self.account.command((str(self.binary), "-"), signal.SIGTERM),
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC"},
            cwd=Path("/"),
            stdin="\n".join(self._settings(machine)).encode() + b"\n",
            stop_s=3.0,
            hush=("Reading config from stdin", "scheduling shutdown"),
            death_signal=signal.SIGTERM,
            before=self.clear_leftovers,
            is_ready=self.is_ready,
        )

    def _settings(self, machine: Machine) -> list[str]:
        return [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.folder}"',
            f'pidfile "{self.pid_file}"',
            'save ""',
            "appendonly no",
            f"maxmemory {valkey_memory(machine)}",
            "maxmemory-policy volatile-lru",  # caches have a time to live and go first; queued wakes stay
            "loglevel nothing",
            "daemonize no",
        ]

    def is_ready(self) -> bool:
        """Does it answer?"""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def clear_leftovers(self) -> None:
        """Stops an orphaned Valkey of this folder: it outlives a killed parent."""
        pid = leftovers.first_number(self.pid_file)
        if pid is not None and self._is_ours(pid):
            leftovers.stop_process(pid, gently=signal.SIGTERM, seconds=3.0, alive=lambda: self._is_ours(pid))

    def _is_ours(self, pid: int) -> bool:
        return leftovers.process_in(pid, program=self.binary.name, folder=self.folder)


def prepare_valkey(var_dir: Path, *, account: Account, free_port: int) -> Valkey:
    """The Valkey of `var_dir`, not started. Raises NoServer."""
    folder = var_dir / "valkey"
    account.own_folder(folder)
    return Valkey(folder, binaries.valkey_binary(), account, free_port, secrets.token_urlsafe(24))
