"""One filled shop a module for the pages to show: made once through the live server, left alone by the tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from cdp.admin_home.groups import apply_rights
from cdp.demo import seeding
from cdp.outbox.services import drain_all
from plans import services as plans
from recommendations import services as recommendations
from tests.embedded.harness import wait_until
from tests.emptying import empty_tables


@dataclass(frozen=True)
class FilledShop:
    """Where it is, and the password of each group's account (`<group>@demo.example`)."""

    url: str
    passwords: dict[str, str]


@pytest.fixture(scope="module")
def filled_shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[FilledShop]:
    """Sixty people and a week of events, segments, a live journey with its mails, a trained model, a quarantined item.

    A server of its own: pytest-django's `live_server` empties the database after each test. The tests that use this one
    only read, and are marked `django_db` (without a transaction of their own to end), or no test database is made.
    """
    own = {"OUTBOX_WAKES": False, "CART_SETTLE_S": 0, "ALLOWED_HOSTS": ["localhost"], "DEMO": True}
    with django_db_blocker.unblock(), override_settings(**own):
        assert connection.settings_dict["NAME"].startswith("test_"), "mark the test django_db"
        server = LiveServer("localhost")
        try:
            yield FilledShop(server.url, _fill(server.url))
        finally:
            server.stop()
            wait_until(_only_we_are_connected, 20)
            empty_tables()


def _only_we_are_connected() -> bool:
    """Have the server's threads ended? Until then, nobody may empty or drop the database."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        """)
        return bool(cursor.fetchone()[0] == 0)


def _fill(url: str) -> dict[str, str]:
    apply_rights()
    plans.ensure_default_plan()
    accounts = seeding.make_accounts(None)
    keys = seeding.make_keys(None)
    seeding.make_segments()
    seeding.make_placements()
    seeding.start_journey()
    given = {"write_key": keys.browser, "server_write_key": keys.server, "server_key": keys.secret}
    call_command("simulate", url=url, people=60, days=7, settle=0, idle_minutes=1.0, stdout=StringIO(), **given)
    drain_all()
    recommendations.train_later()
    drain_all()
    return {account.group: account.password for account in accounts}
