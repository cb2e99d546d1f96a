"""What every view of the segments API does: scopes by method, refusals by code, query parameters, cursors, versions."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.access.contracts import ServerCaller
from cdp.lib.problems import Problem
from imports.contracts import WrongFile
from lake.contracts import QueryError
from people.contracts import NobodysIdentifier, PersonNotFound
from people.queries import locate
from segments.models import Segment
from segments.queries import PreviewBusyError
from segments.queries.history import BadCursor
from segments.queries.using import SegmentInUseError
from segments.rules import RuleError
from segments.services import BadExport, FileTooLarge, NotAList, NotNow
from segments.services.changing import SegmentChanged, SlugTaken
from segments.uploads import BadLayout

READ, WRITE, EXPORT, PEOPLE = "segments:read", "segments:write", "segments:export", "profiles:read"
MOST, PAGE = 200, 50
LARGEST_BODY = 8 * 1024**2
SAFE = ("GET", "HEAD", "OPTIONS")


class SegmentsView(APIView):
    """Reads take segments:read, all else segments:write, unless a view names `scopes` of its own."""

    scopes: ClassVar[Mapping[str, str]] = {}

    def get_permissions(self) -> list[BasePermission]:
        """By the request's method; HEAD asks for what GET does."""
        method = "GET" if self.request.method in (None, "HEAD") else self.request.method
        return [HasScope(self.scopes.get(method, READ if method in SAFE else WRITE))()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Bodies of JSON are bounded before they are read."""
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if is_json(request) and length.isdigit() and int(length[:18]) > LARGEST_BODY:
            detail = f"A request has at most {LARGEST_BODY:,} bytes. Send people as a file instead."
            raise Problem("request_too_large", "The request is too large", 413, detail)

    def handle_exception(self, error: Exception) -> Any:
        """Our own refusals as problems; all else as everywhere."""
        return super().handle_exception(as_problem(error))


class Strict(serializers.Serializer[dict[str, Any]]):
    """A body whose misspelled fields are refused: what is ignored is not what was meant."""

    def to_internal_value(self, data: Any) -> Any:
        """The fields. Raises ValidationError for others."""
        if isinstance(data, Mapping) and (unknown := sorted(str(name) for name in set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({name: [f"There is no such field. Known: {known}."] for name in unknown})
        return super().to_internal_value(data)


def given(form: type[Strict], request: Request, **more: Any) -> dict[str, Any]:
    """The checked body of a request."""
    body = form(data=request.data, **more)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def as_problem(error: Exception) -> Exception:
    """The problem that an error of ours stands for; others as they are."""
    text = str(error)
    match error:
        case RuleError():
            fault = {"field": f"definition{error.path.removeprefix('$')}", "reason": "rule", "detail": error.message}
            detail = f"At {error.path}: {error.message}."
            return Problem("segment_rule", "The rule cannot be used", 400, detail, [fault])
        case SegmentChanged():
            return Problem("segment_changed", "Somebody changed it meanwhile", 412, text, headers={"ETag": error.tag})
        case SlugTaken():
            return Problem("segment_exists", "There is such a segment already", 409, text)
        case SegmentInUseError():
            return Problem("segment_in_use", "Other segments use it", 409, f"{text}.")
        case NotAList():
            return Problem("segment_not_a_list", "Not a list", 409, text)
        case NotNow():
            return Problem("segment_state", "Not now", 409, text)
        case BadExport():
            return Problem("segment_export", "This cannot be exported", 400, text)
        case BadLayout() | WrongFile():
            detail = error.detail if isinstance(error, WrongFile) else text
            return Problem("segment_upload", "The file cannot be read like this", 400, detail)
        case FileTooLarge():
            return Problem("file_too_large", "The file is too large", 413, text)
        case BadCursor():
            return bad("cursor", text)
        case NobodysIdentifier():
            return Problem("identifier_shared", "Nobody's identifier", 404, text)
        case PersonNotFound():
            return Problem("profile_not_found", "No such person", 404, text)
        case PreviewBusyError():
            return Problem("segment_busy", "Another preview is being computed", 503, text, headers={"Retry-After": "2"})
        case QueryError():
            return Problem("segment_busy", "This cannot be computed now", 503, text, headers={"Retry-After": "10"})
    return error


def is_json(request: Request) -> bool:
    """Whether the body is JSON, however its type is spelled."""
    return (request.content_type or "").partition(";")[0].strip().lower() == "application/json"


def bad(name: str, text: str) -> Problem:
    """A parameter or field that cannot be used."""
    return Problem("invalid", "Some fields cannot be used", 400, text, [
        {"field": name, "reason": "invalid", "detail": text}
    ])  # fmt: skip


def segment_of(slug: str) -> Segment:
    """The segment of a slug. Raises Problem."""
    found = Segment.objects.select_related("owner", "purpose").filter(slug=slug).first()
    if found is None:
        raise Problem("segment_not_found", "No such segment", 404, "Its slug is the last part of its address.")
    return found


def person_of(key: str) -> UUID:
    """Whose profile `kind:value` or a profile id names. Raises PersonNotFound, NobodysIdentifier."""
    return locate(key).profile_id


def may_see_people(request: Request) -> bool:
    """Whether the key may read people, too."""
    return isinstance(request.auth, ServerCaller) and PEOPLE in request.auth.scopes


def key_id_of(request: Request) -> int | None:
    """The key's number, for the audit log."""
    return request.auth.key_id if isinstance(request.auth, ServerCaller) else None


class Query:
    """The query string by name and type; unknown names are refused: a misspelt filter never widens an answer."""

    def __init__(self, query: QueryDict, *known: str) -> None:
        for name in query:
            if name not in known:
                raise bad(name[:64], f"There is no parameter {name[:64]}; this call takes {_listed(known)}.")
            if len(query.getlist(name)) > 1:
                raise bad(name, f"{name} was given more than once.")
            if "\0" in str(query[name]) or len(str(query[name])) > 2_000:
                raise bad(name, f"{name} is too long, or no text.")
        self._given = {name: str(value).strip() for name, value in query.items()}

    def text(self, name: str) -> str:
        """As given; "" where it is absent."""
        return self._given.get(name, "")

    def one_of(self, name: str, choices: Collection[str]) -> str:
        """One of these words, or ""."""
        found = self.text(name)
        if found and found not in choices:
            raise bad(name, f"{name} is one of {', '.join(choices)}.")
        return found

    def flag(self, name: str) -> bool:
        """true or false; absent is false."""
        return self.one_of(name, ("true", "false", "1", "0")) in ("true", "1")

    def limit(self) -> int:
        """1 to 200, 50 where it is absent."""
        found = self.text("limit")
        if not found:
            return PAGE
        if not (found.isascii() and found.isdigit() and len(found) < 5 and 1 <= int(found) <= MOST):
            raise bad("limit", f"limit is a whole number from 1 to {MOST}.")
        return int(found)

    def past(self, name: str, now: datetime) -> datetime | None:
        """An instant that lies behind us: ISO 8601, a date meaning its beginning, without a zone in UTC."""
        text = self.text(name).replace(" ", "+")
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                found = datetime.combine(found.date(), found.time() or time.min, UTC)
            found = found.astimezone(UTC)
            found - timedelta(days=1)
        except (ValueError, OverflowError):
            raise bad(name, f"{name} is an instant like 2026-11-22T14:30:00Z or a date like 2026-11-22.") from None
        if found > now:
            raise bad(name, f"{name} lies in the future.")
        return found


def _listed(known: Collection[str]) -> str:
    return ", ".join(sorted(known)) or "no parameters"
