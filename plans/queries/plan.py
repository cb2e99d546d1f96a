"""The plan as it stands, kept for three seconds in each process: every event is asked of it before it is stored.

Schemas are compiled once a process: a version is never rewritten, so what was compiled stays true.
"""

import time
from collections.abc import Mapping
from typing import Any

import structlog

from cdp.lib import bulk_sql
from plans.checking import Checker
from plans.contracts import MONITOR, OFF, QUARANTINE, BadSchema, Verdict, Violation
from plans.models import EventType, EventTypeVersion, SourceMode

log = structlog.get_logger(__name__)
KEPT_S = 3.0
MOST_COMPILED = 2048
VERSIONS = """
SELECT kind, name, status, number, is_current, version.id FROM plans_eventtypeversion AS version
JOIN plans_eventtype AS type ON type.id = event_type_id
"""
_checkers: dict[int, Checker | None] = {}
_kept: "tuple[float, Plan] | None" = None


class _Declared:
    """A declared event: its versions by number, and the checker of the current one."""

    __slots__ = ("checker", "fits", "is_blocked", "name", "versions")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_blocked = False
        self.versions: dict[int, int] = {}
        self.checker: Checker | None = None
        self.fits: Any = None


class Plan:
    """What was declared and what each source is held to, as of one moment."""

    __slots__ = ("_declared", "_modes")

    def __init__(self, declared: Mapping[tuple[str, str], _Declared], modes: Mapping[int, tuple[str, bool]]) -> None:
        self._declared = declared
        self._modes = modes

    def verdict(
        self, source_id: int, kind: str, name: str, properties: Mapping[str, Any], context: Mapping[str, Any]
    ) -> Verdict | None:
        """None for an event that is fine, that nobody declared, or whose source is not held to the plan."""
        mode, only_declared = self._modes.get(source_id, (MONITOR, False))
        if mode == OFF:
            return None
        declared = self._declared.get((kind, name))
        if declared is None:
            return _undeclared(kind, name, mode) if only_declared and kind != "alias" else None
        if declared.is_blocked:
            return _blocked(name, mode)
        if "protocols" not in context and "planVersion" not in context:
            checker, fits = declared.checker, declared.fits
        else:
            checker = self._pinned(declared, context)
            fits = checker and checker.fits
        if checker is None or fits(properties):
            return None
        found = checker.violations(properties)
        return Verdict("plan_violation", found, mode == QUARANTINE) if found else None

    def mode(self, source_id: int) -> tuple[str, bool]:
        """(mode, whether only declared events are in order) of a source."""
        return self._modes.get(source_id, (MONITOR, False))

    def knows(self, kind: str, name: str) -> bool:
        """Was this event declared?"""
        return (kind, name) in self._declared

    @staticmethod
    def _pinned(declared: _Declared, context: Mapping[str, Any]) -> Checker | None:
        """The checker of the version the client says it was built for; of the current one where there is none such."""
        version_id = declared.versions.get(_version(context) or 0)
        return declared.checker if version_id is None else _checker(version_id)


def plan_now() -> Plan:
    """The plan, up to three seconds old."""
    global _kept
    kept = _kept
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    found = _read()
    _kept = (time.monotonic() + KEPT_S, found)
    return found


def forget_plan() -> None:
    """Read the plan afresh from now on, in this process."""
    global _kept
    _kept = None
    _checkers.clear()


def _read() -> Plan:
    declared: dict[tuple[str, str], _Declared] = {}
    current: dict[int, _Declared] = {}
    for kind, name, status, number, is_current, version_id in bulk_sql.fetch(VERSIONS):
        one = declared.setdefault((kind, name), _Declared(name))
        one.is_blocked = status == EventType.Status.BLOCKED
        one.versions[number] = version_id
        if is_current:
            current[version_id] = one
    if len(_checkers) > MOST_COMPILED:
        _checkers.clear()
    if missing := current.keys() - _checkers.keys():
        _compile(missing)
    for version_id, one in current.items():
        one.checker = _checkers.get(version_id)
        one.fits = one.checker and one.checker.fits
    modes = {row.source_id: (row.mode, row.only_declared) for row in SourceMode.objects.all()}
    return Plan(declared, modes)


def _checker(version_id: int) -> Checker | None:
    if version_id not in _checkers:
        _compile({version_id})
    return _checkers.get(version_id)


def _compile(version_ids: set[int]) -> None:
    for row in EventTypeVersion.objects.filter(pk__in=version_ids):
        try:
            _checkers[row.pk] = Checker(row.schema)
        except BadSchema as error:  # it was checked when published: only another version of the library leads here
            log.error("schema_unusable", version=row.pk, error=str(error), effect="its events are not checked")
            _checkers[row.pk] = None


def _version(context: Mapping[str, Any]) -> int | None:
    protocols = context.get("protocols")
    given = protocols.get("event_version") if isinstance(protocols, dict) else None
    if given is None:
        given = context.get("planVersion")
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 10:
        return int(given)
    return given if type(given) is int else None


def _undeclared(kind: str, name: str, mode: str) -> Verdict:
    called = f"“{name}”" if kind == "track" else f"a {kind} call"
    sentence = f"{called[0].upper()}{called[1:]} is not in the tracking plan: declare it, or mend its name."
    return Verdict("undeclared", (Violation("", "undeclared", sentence),), mode == QUARANTINE)


def _blocked(name: str, mode: str) -> Verdict:
    sentence = f"“{name}” is blocked by the tracking plan: stop sending it, or unblock it."
    return Verdict("event_blocked", (Violation("", "blocked", sentence),), mode == QUARANTINE)
