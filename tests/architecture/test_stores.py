"""Every app, described table and known place is in a store that erases it, and exports it or says why not."""

import re
from collections.abc import Iterable, Sequence

import pytest

from cdp.lib.rights import Erased, Person, Store
from privacy.stores import stores
from tests.architecture.source import APPS, PRODUCT, python_files, shown
from tests.architecture.test_subjects import described, personal_columns, project_models
from tests.paths import REPO

# Tables with a column of a personal name that hold nobody, so no store needs them; others' tables that do.
NOBODY = {
    "consent.Wording": "the words people are asked with",
    "mailing.Brand": "the shop's own address and name",
}
DJANGOS = {"sessions.Session", "admin.LogEntry"}
# Where the service keeps files or keys, as a store's `place` names it.
PLACES = {"REDIS_URL", "LAKE_URL", "IMPORTS_DIR", "EXPORTS_DIR", "SEGMENT_FILES_DIR", "VAR_DIR/logs"}
# Other folders below VAR_DIR, each with the reason why nobody is in it.
EMPTY_OF_PEOPLE = {
    "secrets": "keys of the service",
    "static": "the service's own files",
    "mail": "the demo's mailbox stands for the customers' own mail programs",
    "demo.json": "counts of the demo",
    "demo-truth": "what the simulator made up; never on a real service",
    "erasures.ndjson": "the journal of erasures: hashes",
    "feeds": "products while a feed is read",
    "models": "products and how they go together (store “models”)",
    "ledger-heads.ndjson": "digests of the ledger's seals",
    "lake": "LAKE_URL", "imports": "IMPORTS_DIR", "exports": "EXPORTS_DIR", "logs": "VAR_DIR/logs",
    "segment-files": "SEGMENT_FILES_DIR",
}  # fmt: skip
SETTING = re.compile(r"^(\w+(?:_DIR|_URL))\b[^=]*= env\.", re.MULTILINE)
FOLDER = re.compile(r"VAR_DIR\)?\s*/\s*\"([^\"]+)\"")
# The folder of all of these, addresses of pages, and the server that LAKE_URL is on.
OUTSIDE = {"VAR_DIR", "BASE_URL", "SHOP_URL", "AWS_ENDPOINT_URL"}


def covered(found: Iterable[Store]) -> set[str]:
    return {model for store in found for model in store.models}


def uncovered(found: Sequence[Store], labels: Iterable[str]) -> set[str]:
    """Described tables, and tables with a personal column, that no store covers."""
    return {label for label in labels if label not in covered(found) and label not in NOBODY}


def faulty(found: Iterable[Store]) -> set[str]:
    """Stores that neither export nor say why, or cover nothing."""
    return {
        one.name
        for one in found
        if not (one.models or one.place) or (one.export is None and len(one.why_no_export) < 10) or not one.title
    }


def personal_tables() -> set[str]:
    with_columns = {model._meta.label for model in project_models() if personal_columns(model)}
    return with_columns | {label for label, subject in described().items() if subject.personal}


def test_every_table_that_holds_somebody_is_in_a_store() -> None:
    assert uncovered(stores(), personal_tables()) == set()


def test_no_table_is_in_two_stores() -> None:
    models = [model for store in stores() for model in store.models]
    assert sorted(models) == sorted(set(models))


def test_every_store_is_of_tables_that_exist() -> None:
    labels = {model._meta.label for model in project_models()}
    assert covered(stores()) <= labels | DJANGOS


def test_every_store_exports_or_says_why_not() -> None:
    assert faulty(stores()) == set()


def test_every_place_outside_the_tables_is_in_a_store() -> None:
    assert {store.place for store in stores()} >= PLACES


def test_every_folder_and_address_that_settings_name_is_known() -> None:
    named = set(SETTING.findall((REPO / "cdp" / "settings.py").read_text())) - OUTSIDE
    assert named <= PLACES


def test_every_folder_below_var_dir_is_known() -> None:
    for path in python_files(*PRODUCT):
        for name in FOLDER.findall(path.read_text()):
            assert name in EMPTY_OF_PEOPLE, f"{shown(path)}: who is in VAR_DIR/{name}? Give it a store, or a reason."


def test_every_app_with_a_described_table_has_its_own_stores() -> None:
    for label in personal_tables():
        app = next(name for name in APPS if name.rpartition(".")[2] == label.partition(".")[0])
        assert (REPO / app.replace(".", "/") / "rights.py").exists(), app


@pytest.mark.parametrize("sabotage", ["table", "export", "place"])
def test_what_is_missing_would_be_noticed(sabotage: str) -> None:
    """Negative control: a new table that nobody covers, a store that exports nothing, a store of nothing."""
    bare = Store("new", "New", 30, lambda person, now: Erased(), _none)
    if sabotage == "table":
        assert uncovered(stores(), {*personal_tables(), "shop.Wishlist"}) == {"shop.Wishlist"}
        left = tuple(store for store in stores() if store.name != "events")
        assert "events.Event" in uncovered(left, personal_tables())
    elif sabotage == "export":
        assert faulty([Store("new", "New", 30, bare.erase, _none, models=("shop.Wishlist",))]) == {"new"}
    else:
        assert faulty([bare]) == {"new"}


def _none(person: Person) -> int:
    return 0
