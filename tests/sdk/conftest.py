"""Fixtures of the SDK tests: the installed packages, a source, and Node.js."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from events.models import Source
from tests.browser_support import require
from tests.sdk.packages import HERE, NotInstalled, node_modules
from tests.sdk.world import PRODUCT

Node = Callable[..., None]
Python = Callable[..., None]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder node_modules; a test without it is skipped, or fails under CI=true."""
    try:
        return node_modules()
    except NotInstalled as fault:
        require(None, str(fault))
        raise


@pytest.fixture
def shop_server(transactional_db: None) -> Source:
    return Source.objects.create(name="shop server", kind=Source.Kind.SERVER)


@pytest.fixture
def shop_pages(transactional_db: None) -> Source:
    return Source.objects.create(name="shop pages", kind=Source.Kind.BROWSER)


@pytest.fixture
def given(live_server: LiveServer, shop_server: Source) -> dict[str, str]:
    """The environment of a shop's program."""
    told = {"HOST": live_server.url, "WRITE_KEY": shop_server.write_key, "PRODUCT": json.dumps(PRODUCT)}
    return os.environ | told


@pytest.fixture
def node(packages: Path, given: dict[str, str]) -> Node:
    """`node("segment.cjs")` runs that script of tests/sdk/node against the live server until it ends.

    `package` names another version of the SDK, as package.json calls it.
    """

    def run(script: str, package: str = "") -> None:
        more = {"NODE_PATH": str(packages), "NODE_NO_WARNINGS": "1", "PACKAGE": package}
        _run(["node", str(HERE / "node" / script)], given | more)

    return run


@pytest.fixture
def python(given: dict[str, str]) -> Python:
    """`python("segment", packed=True)` runs that program of tests/sdk/python until it ends."""

    def run(program: str, *, packed: bool) -> None:
        told = [given["HOST"], given["WRITE_KEY"], given["PRODUCT"], "gzip" if packed else "plain"]
        _run([sys.executable, "-P", str(HERE / "python" / f"{program}.py"), *told], given)

    return run


def _run(command: list[str], environment: dict[str, str]) -> None:
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
