"""Typed readers of environment variables: a bad value stops the process at start and says what the variable takes."""

import os
from pathlib import Path

import maxminddb

from cdp.lib.clock import known_zones


class BadEnvironment(SystemExit):
    """An environment variable cannot be used as it is. The message says how to mend it."""

    def __init__(self, name: str, value: str, wants: str) -> None:
        super().__init__(f"environment: {name}={value!r} cannot be used: it takes {wants}")


def text(name: str, default: str = "") -> str:
    """The value stripped of surrounding blanks, or `default` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """1/true/yes/on or 0/false/no/off in any case."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadEnvironment(name, value, "1 or 0 (also true/false, yes/no, on/off)")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number between `low` and `high`, both included."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise BadEnvironment(name, value, f"a whole number from {low} to {high}") from None
    if not low <= number <= high:
        raise BadEnvironment(name, value, f"a whole number from {low} to {high}")
    return number


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of `choices`."""
    value = text(name, default)
    if value not in choices:
        raise BadEnvironment(name, value, "one of " + ", ".join(choices))
    return value


def zone(name: str, default: str) -> str:
    """An IANA time zone."""
    value = text(name, default)
    # The default is one: asking would make every process read them all at its start.
    if value != default and value not in known_zones():
        raise BadEnvironment(name, value, "an IANA time zone, e.g. Europe/Berlin")
    return value


def url(name: str, default: str = "", *, schemes: tuple[str, ...]) -> str:
    """A URL with one of `schemes`; its value is never echoed, since it may hold a password."""
    value = text(name, default)
    if value and value.partition("://")[0] not in schemes:
        raise BadEnvironment(name, "…", "a URL starting with " + " or ".join(f"{s}://" for s in schemes))
    return value


def folder(name: str, default: Path) -> Path:
    """An absolute folder path; it need not exist yet."""
    return Path(text(name, str(default))).expanduser().resolve()


def folder_or_url(name: str, default: Path) -> str:
    """An absolute folder path, or a URL (anything with ://) as it stands."""
    value = text(name)
    return value if "://" in value else str(folder(name, default))


def listing(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list, blanks stripped, empty entries dropped."""
    value = text(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else list(default)


def address_file(name: str) -> str:
    """The path of a readable file of addresses in the format .mmdb, or nothing."""
    value = text(name)
    if not value:
        return ""
    path = Path(value).expanduser().resolve()
    try:
        maxminddb.open_database(path).close()
    except OSError as error:
        raise BadEnvironment(name, value, f"the path of a readable .mmdb file ({error.strerror})") from None
    except maxminddb.InvalidDatabaseError:
        raise BadEnvironment(name, value, "the path of an .mmdb file (this one is none)") from None
    return str(path)
