"""Fixtures every test may use. Real PostgreSQL, real Redis-compatible server, sockets to this machine only.

The servers come from DATABASE_URL and REDIS_URL; where these are not set, `tests/servers.py` starts embedded ones
around the run.
"""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from cdp.access.queries import forget_callers, forget_signing_keys
from cdp.admin_experiment.estimating import forget_bases
from cdp.admin_model.kept_models import forget_models
from cdp.outbox import services as outbox
from commerce.queries import forget_categories
from consent.purposes_in_force import forget_purposes
from consent.services.gpc import forget_gpc
from consent.services.meaning import forget_meaning
from consent.services.places import forget_places
from consent.services.refusals import forget_refusals
from consent.words_in_force import forget_words
from decisions.queries.bandits import forget_states
from decisions.queries.content import forget_content
from decisions.queries.placements import forget_decided_places
from events.queries import forget_sources
from experiments.queries import forget_experiments
from mailing.queries.addressing import forget_signer
from mailing.queries.templates import forget_templates
from mailing.services.sending import forget_connections
from offers.queries.goods import forget_goods
from offers.queries.in_force import forget_offers
from offers.queries.price_lists import forget_price_lists
from plans.queries import forget_plan
from profiles.rules_in_force import forget_rules
from recipients.services import forget_hanging
from recommendations.queries import forget_catalog, forget_model, forget_newcomers
from recommendations.queries.placements import forget_placements
from segments.queries.addressed import forget_addresses
from segments.queries.catalog import forget_products
from segments.queries.standing import forget_standing
from tests.emptying import empty_tables, remember_shipped
from tests.servers import give_each_process_its_own_redis, pytest_cmdline_main

__all__ = ["pytest_cmdline_main"]
pytest_plugins = ["tests.browser_support"]
give_each_process_its_own_redis()

# No deadline: two cores are shared with everything else. `nightly` looks longer.
hypothesis_settings.register_profile("default", deadline=None, max_examples=50)
hypothesis_settings.register_profile("nightly", deadline=None, max_examples=2000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(autouse=True, scope="session")
def _sockets_stay_on_this_machine() -> Iterator[None]:
    """A test that reaches for the internet fails by name instead of hanging."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to connect to {address[0]}: only this machine's servers are allowed")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True, scope="session")
def _static_files_have_a_folder() -> None:
    """Whitenoise warns of a missing one, and warnings are errors."""
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True, scope="session")
def _committing_tests_leave_shipped_rows() -> Iterator[None]:
    """Tests with `transaction=True` end with `empty_tables` instead of Django's flush."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(lambda cls: remember_shipped()))
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: empty_tables())
        yield


@pytest.fixture(autouse=True)
def _nothing_is_remembered_of_other_tests() -> None:
    """Ids begin at 1 again in every test: what a process keeps by id would be another test's source, key or product."""
    forget_rules()
    forget_purposes()
    forget_words()
    forget_places()
    forget_gpc()
    forget_meaning()
    forget_refusals()
    forget_sources()
    forget_plan()
    forget_experiments()
    forget_bases()
    forget_callers()
    forget_signing_keys()
    forget_catalog()
    forget_categories()
    forget_products()
    forget_addresses()
    forget_standing()
    forget_model()
    forget_models()
    forget_newcomers()
    forget_placements()
    forget_content()
    forget_decided_places()
    forget_price_lists()
    forget_offers()
    forget_goods()
    forget_signer()
    forget_templates()
    forget_connections()
    forget_hanging()
    forget_states()


@pytest.fixture(autouse=True)
def _no_wakes(settings: Settings) -> None:
    """Tests drain in process (fixture `drain`); no wake goes to a broker unless a test turns it on."""
    settings.OUTBOX_WAKES = False


@pytest.fixture(autouse=True)
def _a_lake_of_its_own(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Files of another test's rows must not answer for this one's."""
    settings.LAKE_URL = str(tmp_path_factory.getbasetemp() / f"lake-{uuid4().hex}")


@pytest.fixture(autouse=True)
def _people_live_elsewhere(settings: Settings) -> None:
    """Most tests are not about consent: under no shipped law, analytics and personalization are allowed until refused.

    Those that are say which law holds."""
    settings.CONSENT_DEFAULT_REGIME = "other"


@pytest.fixture(autouse=True)
def _nothing_is_deleted_for_its_age(settings: Settings) -> None:
    """Tests tell of years ago, at any hour of the night."""
    settings.RETENTION_HOUR = -1


@pytest.fixture(autouse=True)
def _nobody_is_audited_at_night(settings: Settings) -> None:
    """A run at any hour does the same."""
    settings.SEGMENT_AUDIT_HOUR = -1


@pytest.fixture(autouse=True)
def _late_carts_need_not_settle(settings: Settings) -> None:
    """Tests tell of carts left hours ago and do not wait a minute for what may follow."""
    settings.CART_SETTLE_S = 0


@pytest.fixture
def drain() -> Callable[..., int]:
    """`drain()` works every consumer until quiet; `drain(only={"events.process"})` some of them. Errors are raised."""
    return outbox.drain_all


@pytest.fixture
def clean_cache() -> Iterator[None]:
    """An empty cache before and after."""
    cache.clear()
    yield
    cache.clear()
