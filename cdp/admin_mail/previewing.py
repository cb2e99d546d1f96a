"""A mail as a chosen person would get it, saved or not: the real compiler, the real values, links that lead nowhere.

Looking as a person is audited as a view. Whoever may not see personal data sees names and addresses masked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from cdp.access.services import record_view
from cdp.admin_mail.asking import Asked
from cdp.admin_mail.leftovers import leftovers
from cdp.admin_mail.people import masked
from cdp.admin_mail.rights import PEOPLE, PERSONAL
from cdp.admin_mail.samples import sample_person, sample_values
from cdp.lib.admin_parts import actor, may
from mailing.content import Content, ContentError, Fault, parse
from mailing.contracts import Links, Rendered
from mailing.linting import LEVELS
from mailing.linting import lint as run_lint
from mailing.models import MailTemplate, Message
from mailing.queries.brand import brand_facts
from mailing.queries.filling import fill
from mailing.queries.linting import lint_context
from mailing.rendering import Brand, Compiled, compile_content
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts

EMAIL = "email"
NO_SUBJECT = "(no subject yet)"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend or to look at. `level`: error, warning or hint; the rest says where it is."""

    level: str
    message: str
    where: str = ""
    locale: str = ""
    block: str = ""
    field: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """`rendered` is None where it cannot be shown: `findings` say why. `note`: as whom, and what was hidden."""

    rendered: Rendered | None
    findings: tuple[Finding, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody whom the mail is shown as; without a profile the sample person."""

    profile_id: UUID | None = None
    identifiers: tuple[IdentifierFacts, ...] = ()

    @property
    def address(self) -> str:
        """Where it would go; "" for nobody."""
        return next((fact.value for fact in reversed(self.identifiers) if fact.kind == EMAIL), "")

    @property
    def identifier_id(self) -> int:
        """What the message would hang on; 0 for nobody."""
        best = [fact for fact in self.identifiers if fact.kind == EMAIL] or list(self.identifiers)
        return best[-1].id if best else 0


def preview(
    request: HttpRequest, row: MailTemplate, asked: Asked, now: datetime, *, brand: Brand | None = None
) -> Shown:
    """The mail, and everything that is to be mended in it. `brand`: one that is not saved yet."""
    whom = whom_of(request, asked.person)
    if whom.profile_id is not None:
        record_view(actor(request), f"profile:{whom.profile_id}", f"preview of mail {row.slug}", now=now)
    note = _note(request, whom)
    found = tuple(lint(asked.content, row.kind))
    try:
        compiled = compile_content(_with_subject(parse(asked.content)), asked.locale, brand or brand_facts())
        values = values_for(request, row, whom, compiled, asked.locale, now)
        if brand is not None:
            values["shop"] = {"name": brand.company, "url": brand.website, "postal_address": brand.postal_address}
        return Shown(compiled.render(values, links_to_nowhere(request)), found, note)
    except ContentError as error:
        known = {(one.message, one.block) for one in found}
        more = (_of_problem(problem, "error") for problem in error.problems)
        return Shown(None, (*(one for one in more if (one.message, one.block) not in known), *found), note)


def lint(content: Mapping[str, Any], kind: str) -> Iterable[Finding]:
    """What is to be mended, worst first; where it cannot even be read, that."""
    try:
        parsed = parse(content)
    except ContentError as error:
        return [_of_problem(problem, "error") for problem in error.problems]
    context = lint_context(kind)
    said = [_of_problem(found.problem, found.level) for found in run_lint(parsed, context)]
    said += [_of_problem(problem, "warning") for problem in leftovers(parsed)]
    # Of two errors about one field the second follows from the first.
    first = {(one.locale, one.block, one.field): one for one in reversed(said) if one.field and one.level == "error"}
    kept = [one for one in said if first.get((one.locale, one.block, one.field), one) is one or one.level != "error"]
    return sorted(kept, key=lambda one: LEVELS.index(one.level))


def whom_of(request: HttpRequest, profile_id: UUID | None) -> Whom:
    """The chosen person, if they exist and this reader may see people; else the sample person."""
    present = profiles.resolve(profile_id) if profile_id is not None and may(request, PEOPLE) else None
    if present is None:
        return Whom()
    return Whom(present, tuple(profiles.identifiers_of([present])[present]))


def values_for(
    request: HttpRequest, row: MailTemplate, whom: Whom, compiled: Compiled, locale: str, now: datetime
) -> dict[str, Any]:
    """What the mail is filled with: theirs, masked where it must be, and samples of what only a sender knows."""
    own = sample_values(locale, [fact.id for fact in whom.identifiers])
    message = Message(
        sender="preview",
        sender_id=row.pk or 0,
        template=row.slug,
        kind=row.kind,
        identifier_id=whom.identifier_id,
        address=whom.address or "jane@example.com",
    )
    values = fill([message], [own], now, compiled=[compiled])[0]
    if whom.profile_id is None:
        return {**values, "person": sample_person(locale), "agreed": True}
    return values if may(request, PERSONAL) else masked(values)


def links_to_nowhere(request: HttpRequest) -> Links:
    """Ways out that say what they would do: a preview or a test mail unsubscribes nobody."""
    address = {what: request.build_absolute_uri(reverse("mail-test-link", args=[what])) for what in WAYS_OUT}
    return Links(address["unsubscribe"], address["preferences"], address["browser"])


WAYS_OUT = ("unsubscribe", "preferences", "browser")


def _with_subject(content: Content) -> Content:
    """A mail without a subject yet is shown all the same: the lint says that it needs one."""
    named = {
        code: one if one.subject.strip() else replace(one, subject=NO_SUBJECT) for code, one in content.locales.items()
    }
    return replace(content, locales=named)


def _note(request: HttpRequest, whom: Whom) -> str:
    if whom.profile_id is None:
        return "A sample person with products of your shop. Carts, orders and offers are made up."
    hidden = "" if may(request, PERSONAL) else " Names and addresses are masked for your group."
    return f"Their own name, language and cart where they have one; orders and offers are made up.{hidden}"


def _of_problem(problem: Fault, level: str) -> Finding:
    where = ", ".join(part for part in (problem.locale, f"line {problem.line}" if problem.line else "") if part)
    message = problem.message[:1].upper() + problem.message[1:]
    return Finding(level, message, where, problem.locale, problem.block, problem.field, problem.line)
