"""Servers for a test run: where the environment names none, pytest starts itself again with embedded ones around it."""

import os
import sys

import pytest
from django.conf import settings


def pytest_cmdline_main(config: pytest.Config) -> None:
    """Without DATABASE_URL or REDIS_URL, hands over to `python -m cdp.embedded --temp`, which starts both."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    if config.option.help or config.option.version or config.option.collectonly:
        return
    os.chdir(config.invocation_params.dir)
    command = [sys.executable, "-m", "pytest", *map(str, config.invocation_params.args)]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(config.rootpath), os.environ.get("PYTHONPATH", "")]))
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "cdp.embedded", "--temp", *command])


def give_each_process_its_own_redis() -> None:
    """pytest-xdist's processes get databases 1, 2, … of the one server: emptying a cache touches only its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker.startswith("gw"):
        return
    address = settings.REDIS_URL.partition("?")[0]
    base, slash, last = address.rpartition("/")
    number = int(worker.removeprefix("gw")) + 1
    url = f"{base}/{number}" if slash and last.isdigit() else f"{address.rstrip('/')}/{number}"
    settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CACHES["default"]["LOCATION"] = url
