"""What `up` refuses before it starts anything, and how children are watched."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cdp.demo.report import Account, DemoReport, read_report, summary, write_report
from cdp.embedded.children import Child, describe
from cdp.embedded.failures import StartFailure
from cdp.embedded.lock import AlreadyRunning, only_supervisor
from cdp.embedded.ports import PortTaken, refuse_taken_port
from cdp.embedded.programs import Program
from cdp.embedded.servers import prepare_folders
from cdp.embedded.supervisor import Plan, Supervisor, claim_folder


def _plan(var_dir: Path, *, demo: bool = False, fresh: bool = False) -> Plan:
    prepare_folders(var_dir)
    return Plan(var_dir, "127.0.0.1", 8000, "http://127.0.0.1:8000", 1, 1, demo=demo, fresh=fresh)


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken, match="choose another with PORT="):
            refuse_taken_port("127.0.0.1", other.getsockname()[1])


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(PortTaken, match="set HOST and PORT"):
        refuse_taken_port("203.0.113.7", 8000)


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    with only_supervisor(tmp_path), pytest.raises(AlreadyRunning, match="VAR_DIR"), only_supervisor(tmp_path):
        pass
    with only_supervisor(tmp_path):
        assert (tmp_path / "run" / "up.lock").exists()


def test_a_demo_never_becomes_a_real_deployment_nor_the_other_way_round(tmp_path: Path) -> None:
    claim_folder(_plan(tmp_path / "a", demo=True))
    with pytest.raises(StartFailure, match="holds the demo"):
        claim_folder(_plan(tmp_path / "a"))
    claim_folder(_plan(tmp_path / "a", demo=True))
    claim_folder(_plan(tmp_path / "b"))
    with pytest.raises(StartFailure, match="holds a real deployment"):
        claim_folder(_plan(tmp_path / "b", demo=True, fresh=True))


def test_a_fresh_demo_forgets_its_data_and_only_that(tmp_path: Path) -> None:
    claim_folder(_plan(tmp_path, demo=True))
    for name in ("postgres/data", "mail", "mine"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "demo.json").write_text("{}")
    claim_folder(_plan(tmp_path, demo=True, fresh=True))
    assert not (tmp_path / "postgres" / "data").exists()
    assert not (tmp_path / "mail").exists()
    assert not (tmp_path / "demo.json").exists()
    assert (tmp_path / "mine").exists()


def test_a_child_that_dies_is_started_again_and_its_children_die_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '300']); print('up', flush=True); raise SystemExit(3)"
    program = Program("walker", (sys.executable, "-c", code), {"PATH": "/usr/bin:/bin"}, tmp_path)

    async def watch() -> int:
        child = Child(program)
        child.start()
        while child.restarts < 2:
            await asyncio.sleep(0.05)
        await child.stop()
        return child.restarts

    assert asyncio.run(asyncio.wait_for(watch(), 60)) == 2
    printed = capsys.readouterr().out
    assert printed.count("walker    │ up") >= 2
    assert "walker ended (exit code 3): starting it again in 0.2 s" in printed


def test_an_end_is_told_in_words() -> None:
    assert [describe(0), describe(-9), describe(-99)] == ["exit code 0", "killed by SIGKILL", "killed by signal 99"]


def test_the_demo_report_is_read_back_as_written_and_closed_to_others(tmp_path: Path) -> None:
    report = DemoReport("http://x", "http://x/admin/", "wk_a", "wk_b", "sk_c", [Account("admin", "a@b.c", "pw")], "/m")
    path = tmp_path / "demo.json"
    write_report(path, report)
    assert read_report(path) == report
    assert path.stat().st_mode & 0o777 == 0o600
    assert "a@b.c" in summary(report, path)
    assert f"keys    in {path}\n" in summary(report, path)
    path.write_text("{}")
    assert read_report(path) is None


class SlowToStop(Supervisor):
    """Runs one child that needs a second to end, as a worker in the middle of its work does."""

    async def _step(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        """Nothing to prepare."""

    async def _ready(self, environment: Mapping[str, str]) -> None:
        """Ready at once."""

    def _programs(self, environment: Mapping[str, str]) -> tuple[Program, ...]:
        here = self.plan.var_dir
        code = (
            "import pathlib, signal, sys, time\n"
            f"def end(*_): time.sleep(1); pathlib.Path({str(here / 'ended')!r}).touch(); sys.exit()\n"
            f"signal.signal(signal.SIGTERM, end); pathlib.Path({str(here / 'began')!r}).touch()\n"
            "while True: time.sleep(0.1)\n"
        )
        return (Program("slow", (sys.executable, "-c", code), {}, here),)


def test_the_servers_stop_only_after_every_child_has_ended(tmp_path: Path) -> None:
    async def run_and_stop() -> bool:
        supervisor = SlowToStop(_plan(tmp_path))
        serving = asyncio.create_task(supervisor._until_stopped(supervisor._serve({})))
        while not (tmp_path / "began").exists():
            await asyncio.sleep(0.02)
        supervisor._stop.set()
        await serving
        return (tmp_path / "ended").exists()

    assert asyncio.run(run_and_stop())
