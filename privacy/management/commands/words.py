"""`manage.py words`: writes every message used in the privacy app's templates and code into the twelve .po files, and
what each app's `rights.py` says its exported parts are about.

Translations are kept; English is what the code says; messages nobody uses any more go. `--check` only tells.
"""

import ast
import io
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.words import ENGLISH, FOLDER, LOCALES, path_of, read

APP = FOLDER.parent
IN_TEMPLATES = re.compile(r'{%\s*say\s+"([^"]*)"')
IN_CODE = frozenset({"say", "msg"})
HEADER = """\
# {name}: the words of privacy pages and letters. kept by `manage.py words`; an empty msgstr is said in English.
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


class Command(BaseCommand):
    help = "Write every message used by privacy pages and letters into privacy/locales/*.po."

    def add_arguments(self, parser: CommandParser) -> None:
        """--check."""
        parser.add_argument("--check", action="store_true", help="Change nothing; fail if a file is not up to date.")

    def handle(self, *args: Any, **options: Any) -> None:
        """All twelve, and how much of each is translated."""
        msgids = used()
        for locale in LOCALES:
            text = po_text(locale, msgids)
            if options["check"]:
                if not path_of(locale).exists() or path_of(locale).read_text(encoding="utf-8") != text:
                    raise CommandError(f"{path_of(locale).name} is not up to date: run `manage.py words`")
                continue
            FOLDER.mkdir(exist_ok=True)
            path_of(locale).write_text(text, encoding="utf-8")
            self.stdout.write(f"{locale}: {len(msgids) - len(missing(locale, msgids))} of {len(msgids)}\n")


def used() -> list[str]:
    """Every msgid in the app's templates and code, sorted."""
    found: set[str] = set()
    for path in APP.rglob("*"):
        if path.suffix in (".html", ".txt", ".liquid"):
            found.update(IN_TEMPLATES.findall(path.read_text(encoding="utf-8")))
        elif path.suffix == ".py":
            found.update(_in_code(path))
    for path in (*APP.parent.glob("*/rights.py"), *APP.parent.glob("cdp/*/rights.py"), APP / "places.py"):
        found.update(_literals(path, {"Part"}, 1))
    return sorted(found)


def missing(locale: str, msgids: list[str]) -> list[str]:
    """The messages a locale's file has no words for."""
    catalog = read(locale)
    return [msgid for msgid in msgids if not _said(catalog, msgid)]


def po_text(locale: str, msgids: list[str]) -> str:
    """A locale's file with exactly these messages."""
    known, made = read(locale), Catalog(locale=locale)
    for msgid in msgids:
        made.add(msgid, _said(known, msgid) or (msgid if locale == ENGLISH else ""))
    out = io.BytesIO()
    write_po(out, made, width=120, omit_header=True, no_location=True)
    name = made.locale.english_name if made.locale else locale
    return HEADER.format(name=name, locale=locale) + out.getvalue().decode().strip() + "\n"


def _said(catalog: Catalog, msgid: str) -> str:
    message = catalog.get(msgid)
    return str(message.string) if message is not None and message.string and not message.fuzzy else ""


def _in_code(path: Path) -> set[str]:
    return _literals(path, IN_CODE, 0)


def _literals(path: Path, functions: Collection[str], place: int) -> set[str]:
    """The literal texts that stand at one place of the arguments of calls."""
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    given = (call.args[place] for call in calls if _name(call.func) in functions and len(call.args) > place)
    return {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
