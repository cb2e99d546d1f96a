"""Signing up by a shop's public form: topics with the purposes above them, waiting for the address's owner."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cdp.lib.problems import Problem
from consent import queries
from consent.choices import Choice
from consent.contracts import GRANTED
from consent.purposes_in_force import purposes_now
from consent.services.choice_targets import refused
from consent.services.choosing import choose_each

METHOD = "sign_up"


@dataclass(frozen=True, slots=True)
class SignUp:
    """A form as it came in. `purposes`: codes, at least one; `form`: its name, if it has one."""

    email: str
    purposes: tuple[str, ...]
    locale: str = ""
    ip: str = ""
    source_id: int | None = None
    form: str = ""
    page: Mapping[str, Any] = field(default_factory=dict)


def sign_up(form: SignUp, *, now: datetime) -> None:
    """Record the sign-up, or raise Problem for what no address could mend. Says nothing of who is known."""
    notice = queries.notice_now()
    choices = [
        Choice(
            purpose=code,
            state=GRANTED,
            method=METHOD,
            address=form.email,
            occurred_at=now,
            source_id=form.source_id,
            ip=form.ip,
            wording_id=words.id if (words := queries.wording(code, form.locale)) else None,
            notice_version=notice.version if notice else None,
            locale=form.locale,
            proof={name: value for name, value in (("form", form.form), ("page", dict(form.page))) if value},
            proof_kind="form",
        )
        for code in _with_parents(form.purposes)
    ]
    for found in choose_each(choices, now=now):
        if isinstance(found, Problem):
            raise found


def _with_parents(codes: Iterable[str]) -> list[str]:
    """Who wants a topic wants what it is a topic of; parents first. Raises Problem for what no form may offer."""
    purposes = purposes_now()
    wanted: dict[str, None] = {}
    for code in codes:
        found = purposes.get(code)
        if found is None or found.channel != "email" or not found.shown:
            offered = ", ".join(one.code for one in purposes.shown if one.channel == "email")
            detail = f"A form cannot offer {code!r}. It may offer: {offered}."
            raise refused("purposes", "not_offered", detail)
        for one in reversed(purposes.chain(code)):
            if one.channel == "email":
                wanted[one.code] = None
    return list(wanted)
