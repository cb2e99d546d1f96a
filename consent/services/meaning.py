"""What the purposes in force make of signals: staff's categories, channels, and what GPC denies.

A category that nobody has given a purpose is told of once a process: by an alarm, which staff see.
"""

from collections.abc import Callable

from django.db import transaction

from cdp.alarms.services import raise_alarm
from consent.purposes_in_force import Purposes, folded
from consent.services.gpc import gpc_purposes
from consent.signals import Meaning

ALARM = "consent.category"
MOST_TOLD = 200
LONGEST = 80
# What every consent manager calls the things a shop needs no consent for.
NEEDED = frozenset({"necessary", "strictly_necessary", "essential", "required", "c0001"})
_told: set[str] = set()
_kept: list[tuple[Purposes, Meaning]] = []


def meaning_of(purposes: Purposes) -> Meaning:
    """How events are read under these purposes; made once for each set of them."""
    if not _kept or _kept[0][0] is not purposes:
        of_address = frozenset(one.code for one in purposes.all if one.channel)
        _kept[:] = [(purposes, Meaning(_reader(purposes), of_address, tuple(gpc_purposes(purposes)), _unmapped))]
    return _kept[0][1]


def forget_meaning() -> None:
    """Tell of unknown categories anew, in this process."""
    _told.clear()
    _kept.clear()


def _reader(purposes: Purposes) -> Callable[[str], str | None]:
    def of_category(name: str) -> str | None:
        found = purposes.of_category(name)
        if found is not None:
            return found
        code = folded(name)
        return code if purposes.get(code) is not None else None

    return of_category


def _unmapped(category: str) -> None:
    name = folded(category)[:LONGEST]
    if not name or name in NEEDED or name in _told or len(_told) >= MOST_TOLD:
        return
    _told.add(name)
    transaction.on_commit(lambda: _tell(name), robust=True)


def _tell(name: str) -> None:
    message = (
        f"Events tell of the consent category “{name}”, which means no purpose: what people say of it is not heard."
        " Write it into the categories of the purpose it stands for."
    )
    raise_alarm(ALARM, name, message, link="/admin/consent/purpose/")
