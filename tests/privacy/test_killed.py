"""A worker killed with −9 in the middle of a step leaves a request that another one finishes, once."""

import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.db import connection

from cdp.lib.clock import utc_now
from consent.models import Entry
from privacy import services
from privacy.models import Request
from tests.paths import REPO
from tests.privacy.world import JANE, seen, work

pytestmark = pytest.mark.django_db(transaction=True)

# The step's entries are written and committed; the worker dies before it can note that the step is done.
WORKER = """
import os, time
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
import django
django.setup()
from privacy.services import doing, working
from privacy import steps
real = doing.DOING[steps.LEDGER]
def dies(request, step, now):
    real(request, step, now)
    print("written", flush=True)
    time.sleep(60)
doing.DOING[steps.LEDGER] = dies
working.work_slice()
"""


def test_what_a_killed_worker_held_is_finished_by_the_next_and_written_once() -> None:
    ids = seen(("user_id", "jane"), ("email", JANE))
    request = services.verify(services.ask("opt_out", JANE, came_by="page", now=utc_now()).pk, now=utc_now())
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {**os.environ, "DATABASE_URL": url}
    with subprocess.Popen([sys.executable, "-c", WORKER], cwd=REPO, env=environment, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"written\n"
        work()
        request.refresh_from_db()
        assert request.state == Request.State.WORKING  # another holds it
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    _until_free()
    work()
    request.refresh_from_db()
    assert request.state == Request.State.DONE
    assert Entry.objects.count() == len(ids)
    assert request.steps.get(name="ledger").attempts == 2


def _until_free() -> None:
    """The server notices that the worker's connection broke, and lets its locks go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(20607, hashtext(%s))", [str(Request.objects.get().pk)])
        cursor.execute("SELECT pg_advisory_unlock(20607, hashtext(%s))", [str(Request.objects.get().pk)])
