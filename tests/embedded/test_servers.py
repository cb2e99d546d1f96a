"""The embedded servers through good and bad days: real processes in folders of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from cdp.embedded.account import choose_account
from cdp.embedded.machine import this_machine
from cdp.embedded.postgres import Postgres, prepare_postgres
from cdp.embedded.servers import free_port, prepare_folders
from tests.embedded.harness import (
    endpoints,
    environment,
    folder,
    kept_running,
    processes_of,
    run_with_servers,
    wait_until,
)

WRITE = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as c:
    c.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    c.execute("INSERT INTO kept VALUES (1)")
"""
READ = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as c:
    kept = c.execute("SELECT count(*) FROM kept").fetchone()[0]
    print("kept", kept, c.execute("SHOW synchronous_commit").fetchone()[0])
"""


@pytest.mark.nightly
def test_what_was_committed_is_there_after_everything_was_killed() -> None:
    with folder() as var_dir:
        assert run_with_servers(var_dir, WRITE).returncode == 0
        with kept_running(var_dir) as supervisor:
            for pid in processes_of(var_dir):
                os.kill(pid, signal.SIGKILL)
            supervisor.kill()
        assert run_with_servers(var_dir, READ).stdout.splitlines()[-1] == "kept 1 on"
        assert processes_of(var_dir) == []


def test_a_killed_supervisor_leaves_no_server_behind() -> None:
    with folder() as var_dir:
        with kept_running(var_dir) as supervisor:
            assert len(processes_of(var_dir)) > 2
            supervisor.kill()
        wait_until(lambda: processes_of(var_dir) == [])


def test_a_second_supervisor_of_the_same_folder_is_sent_to_the_running_servers() -> None:
    with folder() as var_dir, kept_running(var_dir):
        before = endpoints(var_dir)
        second = run_with_servers(var_dir, WRITE.replace('os.environ["DATABASE_URL"]', repr(before["database_url"])))
        assert second.returncode == 0, second.stderr
        assert endpoints(var_dir) == before


def test_a_path_too_long_for_a_socket_takes_a_port_with_a_password() -> None:
    with folder(below="/".join(["long-folder-name"] * 6)) as var_dir, kept_running(var_dir):
        url = endpoints(var_dir)["database_url"]
        assert "@127.0.0.1:" in url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("cdp",)
        secret = url.partition("cdp:")[2].partition("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace(secret, "guess"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over to another account")
def test_root_in_a_closed_folder_changes_no_permission_outside_of_it() -> None:
    with folder(mode=0o700) as var_dir:
        parent = var_dir.parent
        ran = run_with_servers(var_dir, WRITE)
        assert ran.returncode == 0, ran.stderr + ran.stdout
        assert parent.stat().st_mode & 0o777 == 0o700
        assert parent.stat().st_uid == 0
        assert (var_dir / "postgres" / "data").stat().st_uid == 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a folder of somebody else")
def test_an_ordinary_user_is_told_whose_cluster_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 12345, 12345)
    assert choose_account(data=data, needs=(Path("/"),)).uid == 12345


def test_an_orphaned_server_is_stopped_and_a_pid_file_naming_a_stranger_is_removed() -> None:
    with folder() as var_dir:
        cluster = _cluster(var_dir)
        pid_file = cluster.data / "postmaster.pid"
        program = cluster.program(this_machine(var_dir), durable=False)
        orphan = subprocess.Popen(program.argv, env=dict(program.env), cwd="/", start_new_session=True)
        try:
            wait_until(cluster.is_ready)
            assert pid_file.exists()
            cluster.clear_leftovers()
            assert orphan.wait(10) == 0
        finally:
            orphan.kill()
        pid_file.write_text(f"{os.getpid()}\n{cluster.data}\n")
        cluster.clear_leftovers()
        assert not pid_file.exists()


def test_a_half_made_cluster_is_made_anew() -> None:
    with folder() as var_dir:
        prepare_folders(var_dir)
        draft = var_dir / "postgres" / "data.draft"
        draft.mkdir()
        (draft / "PG_VERSION").write_text("18\n")
        assert (_cluster(var_dir).data / "PG_VERSION").read_text() == "18\n"
        assert not draft.exists()


def test_servers_named_by_the_environment_are_used_and_none_is_started() -> None:
    with folder() as var_dir:
        ours = environment(var_dir) | {
            "DATABASE_URL": "postgres://x@127.0.0.1:1/x",
            "REDIS_URL": "redis://127.0.0.1:1/0",
        }
        command = [sys.executable, "-m", "cdp.embedded", "printenv", "DATABASE_URL"]
        ran = subprocess.run(command, env=ours, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == "postgres://x@127.0.0.1:1/x"
        assert not (var_dir / "postgres" / "data").exists()


def _cluster(var_dir: Path) -> Postgres:
    prepare_folders(var_dir)
    return prepare_postgres(var_dir, free_port=free_port(), durable=False)
