"""The record of processing activities, read from what runs: purposes, tables, retention, recipients and settings.

A new table, purpose, recipient or retention class appears by itself.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from babel import Locale
from django.apps import apps
from django.conf import settings

from cdp.lib.subjects import Subject
from consent.contracts import PurposeFacts
from consent.models import Regime
from consent.purposes_in_force import purposes_now
from consent.queries import wording
from privacy.data_classes import in_force
from privacy.register import Activity, Basis, Category, Controller, Limit, Register, ToWhom
from privacy.stores import stores
from recipients.queries import RecipientFacts, all_recipients

MEASURES = Path(__file__).parent.parent / "security_measures.md"
PEOPLE = (
    "Visitors of the shop's pages",
    "Customers, with and without an account",
    "People who subscribed to mails",
    "Members of staff who use this service",
)
EEA = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()  # noqa: SIM905
)


def register(now: datetime) -> Register:
    """The record as it stands."""
    told = all_recipients()
    return Register(
        controller=_controller(),
        people=PEOPLE,
        activities=tuple(_activity(one, told) for one in purposes_now().all),
        categories=tuple(_categories()),
        limits=tuple(
            Limit(one.data.title, one.words, one.data.kept_for, _then(one.data.what, one.enabled)) for one in in_force()
        ),
        recipients=tuple(_to_whom(one) for one in told),
        measures=tuple(measures()),
        gaps=tuple(_gaps(told)),
        made_at=now,
    )


def measures() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(heading, sentences) of `security_measures.md`."""
    for part in MEASURES.read_text(encoding="utf-8").split("# ")[1:]:
        title, _, rest = part.partition("\n")
        yield title.strip(), tuple(line[2:].strip() for line in rest.splitlines() if line.startswith("- "))


@cache
def subjects() -> tuple[Subject, ...]:
    """Every described table of every app."""
    found = []
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.subjects"):
            found += import_module(f"{config.name}.subjects").SUBJECTS
    return tuple(found)


def _controller() -> Controller:
    return Controller(settings.COMPANY_NAME, settings.COMPANY_ADDRESS, settings.MAIL_FROM, settings.DPO_CONTACT)


def _activity(one: PurposeFacts, told: Iterable[RecipientFacts]) -> Activity:
    words = wording(one.code, "en")
    return Activity(
        code=one.code,
        name=one.label,
        about="" if words is None else words.text,
        bases=tuple(_bases(one)),
        channel=one.channel,
        recipients=tuple(recipient.name for recipient in told if recipient.purpose == one.code),
        children=tuple(child.label for child in purposes_now().children(one.code)),
    )


def _bases(one: PurposeFacts) -> Iterator[Basis]:
    """One line for laws that say the same."""
    laws: dict[tuple[str, str, str], list[str]] = {}
    for code, law in Regime.choices:
        rule = one.rules.get(code)
        if rule is None:
            continue
        notes = []
        if rule.gpc_denies:
            notes.append("Global Privacy Control refuses it")
        if rule.expires_after is not None:
            notes.append(f"a yes holds for {rule.expires_after.days:,} days")
        if one.double_opt_in != "never":
            notes.append("double opt-in" if one.double_opt_in == "always" else "double opt-in where nobody vouches")
        default = "allowed" if rule.allowed_by_default else "not allowed"
        laws.setdefault((rule.legal_basis.replace("_", " "), default, "; ".join(notes)), []).append(str(law))
    for (basis, default, also), found in laws.items():
        yield Basis("Everywhere" if len(laws) == 1 else "; ".join(found), basis, default, also)


def _categories() -> Iterator[Category]:
    for one in subjects():
        model = apps.get_model(one.model)
        yield Category(
            area=str(model._meta.app_config.verbose_name) if model._meta.app_config else one.model,
            name=str(model._meta.verbose_name_plural).capitalize(),
            table=one.model,
            holds=one.personal,
            kept=one.retention,
            exported=one.export,
            erased=one.erase,
        )
    for store in stores():
        if store.place:
            yield Category("Outside the tables", store.title, store.place, (), "see the data it copies", "", "")


def _to_whom(one: RecipientFacts) -> ToWhom:
    names = Locale("en").territories
    given = ("profile id", *(field.partition(":")[2] for field in one.fields))
    country = str(names.get(one.country, one.country)) or "not known"
    return ToWhom(one.name, one.role_label, one.purpose, given, country, one.safeguard or "–", one.enabled)


def _then(what: str, enabled: bool) -> str:
    return what if enabled else f"nothing: the rule is switched off ({what})"


def _gaps(told: Iterable[RecipientFacts]) -> Iterator[str]:
    if not settings.DPO_CONTACT:
        yield "No data protection officer is named: set DPO_CONTACT, or note why none is needed (GDPR Art. 37)."
    if "Example Street" in settings.COMPANY_ADDRESS:
        yield "The controller's address is the example's: set COMPANY_ADDRESS."
    for one in told:
        if not one.country:
            yield f"Where {one.name} processes data is not known: name its country."
        elif one.country not in EEA and not one.safeguard:
            yield f"{one.name} processes outside the EEA: name what allows the transfer (GDPR Art. 44–49)."
    yield "The operator's own measures (disks, network, backups, processors) are to be filled in by hand."
