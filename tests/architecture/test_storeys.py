"""INSTALLED_APPS, the import contract and the table in ARCHITECTURE.md say the same; the contract holds."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import APPS, tree
from tests.paths import REPO

HOUSE_MODULES = frozenset(
    ("api", "admin", "management", "tasks", "services", "queries", "models", "migrations", "apps", "subjects", "rights")
) | {"projections", "contracts", "retention"}
# Modules named for a subject that may use Django, each with its reason.
NOT_PURE = {
    "notices.senders": "asked by mailing inside its transactions: reads orders",
    "campaigns.senders": "asked by mailing inside its transactions: reads campaigns",
    "automation.backtest_models": "models of automation, apart for their number",
    "automation.senders": "asked by mailing inside its transaction",
    "automation.trigger_models": "models of automation, apart for their number",
    "consent.purposes_in_force": "reads the purposes from the database",
    "consent.words_in_force": "reads words and notices from the database",
    "events.admin_parts": "parts of the admin",
    "events.geoip": "reads Django's settings",
    "imports.suppressing": "hashes addresses under Django's settings",
    "lake.connecting": "opens a database connection",
    "lake.fields": "a model field",
    "lake.reading": "reads rows by Django's connection",
    "lake.places": "reads Django's settings",
    "lake.registry": "reads Django's settings",
    "lake.store": "reads Django's settings",
    "mailing.admin_copies": "a page of the admin",
    "mailing.channels": "hands mails to Django's backends",
    "mailing.senders": "reads Django's settings",
    "people.forms": "forms of the admin",
    "people.wording": "words of the admin's pages",
    "privacy.pages": "shapes answers of privacy pages",
    "privacy.templatetags": "template tags",
    "privacy.journal": "reads Django's settings",
    "privacy.places": "searches Valkey, files and Django's tables",
    "privacy.stores": "gathers the stores of every installed app",
    "privacy.data_classes": "reads the rules from the database",
    "recipients.checking": "reads Django's settings",
    "recipients.forms": "forms of the admin",
    "profiles.standing": "reads people and the journal from the database",
    "profiles.rules_in_force": "reads the rules from the database",
    "profiles.admin_accounts": "pages of the admin",
    "profiles.admin_rules": "pages of the admin",
    "profiles.rule_figures": "counts identifiers in the database",
    "profiles.page": "shapes a page of the admin",
    "segments.list_action": "an action of other apps' admin pages",
    "profiles.person_links": "shapes a field of other apps' admin pages",
    "segments.admin_list": "a part of the admin",
    "segments.admin_preview": "a part of the admin",
    "segments.admin_suggest": "a part of the admin",
    "segments.builder": "a widget of the admin's forms",
    "segments.forms": "forms of the admin",
}


def contract() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(comment_prefixes=(";", "#"))
    parser.read(REPO / ".importlinter")
    return parser


def storeys() -> list[str]:
    """Every app named in the layers, from the roof down."""
    lines = contract()["importlinter:contract:storeys"]["layers"]
    return [name for name in re.split(r"[\s:|]+", lines) if name in APPS]


def table() -> list[str]:
    text = (REPO / "ARCHITECTURE.md").read_text()
    rows = text[text.index("<!-- storeys") : text.index("<!-- end of storeys")]
    return re.findall(r"^\| `([\w.]+)` \|", rows, flags=re.MULTILINE)


def test_every_installed_app_stands_in_the_contract_once() -> None:
    assert sorted(storeys()) == sorted(APPS)


def test_the_table_in_architecture_md_lists_the_same_apps() -> None:
    assert sorted(table()) == sorted(APPS)


def test_contract_table_and_settings_agree_on_the_order_of_the_storeys() -> None:
    roof = {"cdp.api", "cdp.demo", "cdp.embedded", "cdp.admin_home"}
    floor = {"cdp.access", "cdp.jobs"}
    order = [app for app in storeys() if app not in roof | floor]
    assert [app for app in table() if app not in roof | floor] == order
    assert [app for app in APPS if app not in roof | floor] == order


def test_every_app_says_what_it_is() -> None:
    for app in APPS:
        path = REPO / app.replace(".", "/") / "__init__.py"
        module = tree(path)
        docstring = module.body[0].value.value if module.body else ""  # type: ignore[attr-defined]
        assert isinstance(docstring, str), app
        assert len(docstring) > 40, app


def test_the_contract_holds() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    lint = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=120)
    assert lint.returncode == 0, lint.stdout[-4000:]


def test_a_module_named_for_its_subject_is_held_pure() -> None:
    """Else it is listed above with a reason."""
    listed = set(contract()["importlinter:contract:pure"]["source_modules"].split())
    for app in APPS:
        if app.startswith("cdp."):
            continue
        for path in (REPO / app).iterdir():
            is_module = path.suffix == ".py" or (path / "__init__.py").exists()
            if not is_module or path.stem in HOUSE_MODULES or path.stem == "__init__":
                continue
            assert f"{app}.{path.stem}" in listed | NOT_PURE.keys(), (
                f"{path.stem}: pure or not? Say so in .importlinter"
            )


@pytest.mark.parametrize(
    ("statement", "contract_name"),
    [
        ("from automation import queries", "imports only what stands below"),
        ("from commerce.api import urls", "imported by the roof only"),
    ],
)
def test_the_contract_would_notice(tmp_path: Path, statement: str, contract_name: str) -> None:
    """Negative control: the same contract over a copy of the house with one forbidden import."""
    ignore = shutil.ignore_patterns("*.pyc", "__pycache__", "static", "templates*")
    for name in {app.partition(".")[0] for app in APPS}:
        shutil.copytree(REPO / name, tmp_path / name, ignore=ignore)
    shutil.copy(REPO / ".importlinter", tmp_path)
    with (tmp_path / "profiles" / "queries.py").open("a") as file:
        file.write(f"\n{statement}\n")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    lint = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert lint.returncode == 1
    assert contract_name in " ".join(lint.stdout.split())
