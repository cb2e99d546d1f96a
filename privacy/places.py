"""Places that no app owns: Valkey, log files, and Django's tables of sessions and of what staff did in the admin."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session

from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import naming_rows
from cdp.lib.rights import Erased, Person, Store

PIECE = 4 * 1024 * 1024


def erase_valkey(person: Person, now: datetime) -> Erased:
    """Keys that name the person, or whose value does: they are caches, made anew when asked for."""
    with _client() as client:
        found = list(_naming_keys(client, person))
        return Erased({"keys deleted": int(client.delete(*found)) if found else 0})


def valkey_remains(person: Person) -> int:
    """Keys and values that name the person."""
    with _client() as client:
        return len(list(_naming_keys(client, person)))


def erase_django(person: Person, now: datetime) -> Erased:
    """Sessions of staff who searched for them end; what the admin's log calls them is emptied."""
    sessions = Session.objects.filter(pk__in=_naming_sessions(person)).delete()[0]
    notes = LogEntry.objects.filter(pk__in=_naming_notes(person)).update(object_repr="erased", change_message="")
    return Erased({"sessions ended": sessions, "notes of the admin emptied": notes})


def django_remains(person: Person) -> int:
    """Sessions and notes that name the person."""
    return len(_naming_sessions(person)) + len(_naming_notes(person))


def erase_logs(person: Person, now: datetime) -> Erased:
    """Nobody is meant to be named in a log; should it be, each letter is overwritten where it stands."""
    return Erased({"log files cleaned": sum(_overwrite(file, _mentions(person)) for file in _naming_logs(person))})


def logs_remain(person: Person) -> int:
    """Log files that name the person."""
    return len(list(_naming_logs(person)))


def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=30)


def _naming_keys(client: "redis.Redis", person: Person) -> Iterator[bytes]:
    mentions = _mentions(person, with_profiles=True)
    for key in client.scan_iter(count=1000):
        if mentions.in_bytes(key) or any(mentions.in_bytes(value) for value in _values(client, key)):
            yield key


def _values(client: Any, key: bytes) -> list[bytes]:
    match client.type(key):
        case b"string":
            return [client.get(key) or b""]
        case b"list":
            return list(client.lrange(key, 0, -1))
        case b"set":
            return list(client.smembers(key))
        case b"zset":
            return list(client.zrange(key, 0, -1))
        case b"hash":
            return [part for pair in client.hgetall(key).items() for part in pair]
    return []


def _naming_sessions(person: Person) -> list[str]:
    mentions = _mentions(person, with_profiles=True)
    return [row.pk for row in Session.objects.all() if mentions.in_text(str(row.get_decoded()))]


def _naming_notes(person: Person) -> list[Any]:
    return naming_rows(LogEntry, ("object_repr", "change_message"), _mentions(person))


def _naming_logs(person: Person) -> Iterator[Path]:
    mentions = _mentions(person)
    for file in sorted((Path(settings.VAR_DIR) / "logs").glob("**/*")):
        if file.is_file() and any(mentions.in_text(piece) for piece in _pieces(file)):
            yield file


def _pieces(file: Path) -> Iterator[str]:
    with file.open("rb") as lines:
        while part := lines.readlines(PIECE):
            yield b"".join(part).decode("utf-8", "replace")


def _overwrite(file: Path, mentions: Mentions) -> bool:
    """Same length, same place: whoever appends to the file notices nothing."""
    with file.open("r+b") as lines:
        at = 0
        while part := lines.readlines(PIECE):
            raw = b"".join(part)
            clean = mentions.struck_out(raw)
            if clean != raw:
                lines.seek(at)
                lines.write(clean)
            at += len(raw)
            lines.seek(at)
    return True


def _mentions(person: Person, *, with_profiles: bool = False) -> Mentions:
    named = [(one.kind, one.value) for one in person.identifiers]
    if with_profiles:
        named += [("profile_id", str(profile_id)) for profile_id in person.profile_ids]
    return Mentions(named)


STORES = (
    Store(
        name="valkey",
        title="Caches in Valkey",
        stage=60,
        erase=erase_valkey,
        remains=valkey_remains,
        place="REDIS_URL",
        why_no_export="caches of what other stores give",
    ),
    Store(
        name="logs",
        title="Log files",
        stage=60,
        erase=erase_logs,
        remains=logs_remain,
        place="VAR_DIR/logs",
        why_no_export="nobody is named there",
    ),
    Store(
        name="staff sessions",
        title="Sessions and notes of staff",
        stage=60,
        erase=erase_django,
        remains=django_remains,
        models=("sessions.Session", "admin.LogEntry"),
        why_no_export="what staff typed into a search, and how the admin called what they changed",
    ),
)
