"""The embedded PostgreSQL of a VAR_DIR: made once, started as a program, found again after any kind of death."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from cdp.embedded import binaries, leftovers
from cdp.embedded.account import Account, choose_account
from cdp.embedded.failures import StartFailure
from cdp.embedded.machine import Machine, postgres_settings
from cdp.embedded.programs import Program

DATABASE = "cdp"
# A socket's path must fit into 108 bytes; PostgreSQL adds "/.s.PGSQL.65535".
LONGEST_SOCKET_FOLDER = 90
CLEAN_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class PostgresFailed(StartFailure):
    """The cluster could not be made. The message holds what initdb said."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster. `port` is a free loopback port where the socket's path would be too long, else None."""

    var_dir: Path
    folder: Path
    account: Account
    port: int | None

    @property
    def data(self) -> Path:
        return self.var_dir / "postgres" / "data"

    @property
    def socket_folder(self) -> Path:
        return self.var_dir / "run" / "postgres"

    def url(self, database: str = DATABASE) -> str:
        """How clients reach it; holds the password where it listens on a port."""
        if self.port is None:
            return f"postgres://{DATABASE}@{quote(str(self.socket_folder), safe='')}/{database}"
        return f"postgres://{DATABASE}:{_password(self.var_dir)}@127.0.0.1:{self.port}/{database}"

    def program(self, machine: Machine, *, durable: bool) -> Program:
        """The server as the supervisor runs it."""
        settings = postgres_settings(machine, durable=durable)
        settings["unix_socket_directories"] = "" if self.port else str(self.socket_folder)
        settings["listen_addresses"] = "127.0.0.1" if self.port else ""
        options = tuple(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        argv = (str(self.folder / "postgres"), "-D", str(self.data), "-p", str(self.port or 5432), *options)
        return Program(
            "postgres",
            self.account.command(argv, signal.SIGINT),
            env=CLEAN_ENVIRONMENT,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, keeps everything committed
            stop_s=20.0,
            hush=("terminating connection due to administrator command", "the database system is"),
            death_signal=signal.SIGINT,
            before=self.clear_leftovers,
            is_ready=self.is_ready,
        )

    def is_ready(self) -> bool:
        """Does it take connections? Makes the database on the first yes."""
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=2) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError:
            return False
        return True

    def clear_leftovers(self) -> None:
        """Stops an orphaned server of this cluster and removes a pid file that names a stranger."""
        pid_file = self.data / "postmaster.pid"
        pid = leftovers.first_number(pid_file)
        if pid is None:
            return
        if leftovers.process_in(pid, program="postgres", folder=self.data):
            leftovers.stop_process(
                pid,
                gently=signal.SIGINT,
                seconds=15.0,
                alive=lambda: leftovers.process_in(pid, program="postgres", folder=self.data),
            )
        elif _exists(pid):  # the number was given to another program meanwhile: PostgreSQL could not tell
            pid_file.unlink(missing_ok=True)

    def make_cluster(self, *, durable: bool) -> None:
        """Makes the data folder on first use, in one rename: a killed attempt leaves nothing half made."""
        if (self.data / "PG_VERSION").exists():
            return
        draft = self.data.with_name("data.draft")
        shutil.rmtree(draft, ignore_errors=True)
        password_file = self.data.with_name("password.draft")
        _write_for(self.account, password_file, _password(self.var_dir))
        try:
            self._initdb(draft, password_file, durable=durable)
        finally:
            password_file.unlink(missing_ok=True)
        draft.rename(self.data)

    def _initdb(self, draft: Path, password_file: Path, *, durable: bool) -> None:
        argv = [str(self.folder / "initdb"), "-D", str(draft), "-U", DATABASE, f"--pwfile={password_file}"]
        argv += ["--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", *_locale(self.folder)]
        argv += [] if durable else ["--no-sync"]
        command = self.account.command(tuple(argv), signal.SIGKILL)
        result = subprocess.run(command, env=CLEAN_ENVIRONMENT, cwd="/", capture_output=True, text=True, check=False)  # noqa: S603
        if result.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise PostgresFailed(
                f"PostgreSQL's data folder {self.data} could not be made:\n{result.stdout}{result.stderr}".rstrip()
            )


def prepare_postgres(var_dir: Path, *, free_port: int, durable: bool = True) -> Postgres:
    """The cluster of `var_dir`, made where missing, not started. Raises NoServer, NoAccount or PostgresFailed."""
    folder = binaries.postgres_folder()
    base = var_dir / "postgres"
    base.mkdir(parents=True, exist_ok=True)
    account = choose_account(data=base / "data", needs=(folder / "postgres", folder / "initdb", var_dir))
    socket_folder = var_dir / "run" / "postgres"
    for path in (base, socket_folder):
        account.own_folder(path)
    is_short = len(os.fsencode(socket_folder)) <= LONGEST_SOCKET_FOLDER
    cluster = Postgres(var_dir, folder, account, None if is_short else free_port)
    cluster.make_cluster(durable=durable)
    return cluster


def _password(var_dir: Path) -> str:
    path = var_dir / "secrets" / "postgres_password"
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(24))
    return path.read_text().strip()


def _write_for(account: Account, path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    if account.handed_over:
        os.chown(path, account.uid, account.uid)


def _locale(folder: Path) -> list[str]:
    """C.UTF-8 from PostgreSQL itself (17 and newer), so that no system locale is needed; else the system's."""
    command = [str(folder / "postgres"), "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    number = int("".join(c for c in version.split()[-1].split(".")[0] if c.isdigit()) or "0")
    if number >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
