"""What every view of the automation API does: scopes by method, strict bodies, journeys by slug and people by ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from automation.models import Journey
from cdp.access.api.permissions import HasScope
from cdp.lib.problems import Problem
from people.contracts import NobodysIdentifier, PersonNotFound
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.identifiers import Blocked, canonicalize

READ, WRITE = "journeys:read", "journeys:write"
SAFE = ("GET", "HEAD", "OPTIONS")
MOST_PEOPLE = 1_000
MOST_FACTS = 50
PERSON = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": {"type": "string"},
    "description": "One identifier: user_id, email, anonymous_id, phone, or a kind of your own.",
}


class JourneysView(APIView):
    """Reads take journeys:read, all else journeys:write."""

    def get_permissions(self) -> list[BasePermission]:
        """By the request's method; HEAD asks for what GET does."""
        return [HasScope(READ if self.request.method in (None, *SAFE) else WRITE)()]

    def handle_exception(self, error: Exception) -> Any:
        """Our own refusals as problems; all else as everywhere."""
        match error:
            case NobodysIdentifier():
                error = Problem("identifier_shared", "Nobody's identifier", 404, str(error))
            case PersonNotFound():
                error = Problem("profile_not_found", "No such person", 404, str(error))
        return super().handle_exception(error)


class Strict(serializers.Serializer[dict[str, Any]]):
    """A body whose misspelled fields are refused: what is ignored is not what was meant."""

    def to_internal_value(self, data: Any) -> Any:
        """The fields. Raises ValidationError for others."""
        if isinstance(data, Mapping) and (unknown := sorted(str(name) for name in set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({name: [f"There is no such field. Known: {known}."] for name in unknown})
        return super().to_internal_value(data)


def given(form: type[Strict], request: Request) -> dict[str, Any]:
    """The checked body of a request."""
    body = form(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


class Who(serializers.JSONField):
    """A person by exactly one identifier: {"user_id": "u1"}, {"email": …}, {"anonymous_id": …} or any kind."""

    def to_internal_value(self, data: Any) -> Any:
        """(kind, value)."""
        if not isinstance(data, dict) or len(data) != 1:
            raise serializers.ValidationError(
                'Name one identifier, as in {"user_id": "u1"} or {"email": "a@b.example"}.'
            )
        ((kind, value),) = data.items()
        if (
            isinstance(value, bool)
            or not isinstance(value, str | int)
            or isinstance(canonicalize(kind, value), Blocked)
        ):
            raise serializers.ValidationError(f"This is no {kind} that anybody has. Check how it is written.")
        return kind, str(value)


class Facts(serializers.JSONField):
    """What the journey's mails may say: names with texts, numbers, true or false, at most fifty."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """As they are."""
        if not isinstance(data, dict) or len(data) > MOST_FACTS:
            raise serializers.ValidationError(f"Send an object of at most {MOST_FACTS} names.")
        bad = [name for name, value in data.items() if not _is_plain(value) or not _is_plain(name) or len(name) > 100]
        if bad:
            raise serializers.ValidationError(
                f"{bad[0]!r}: send a text of up to 500 characters, a number, true or false."
            )
        return data


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 500 and "\0" not in value)


def journey_of(slug: str) -> Journey:
    """The journey of a slug. Raises Problem."""
    found = Journey.objects.select_related("version").filter(slug=slug).first()
    if found is None:
        raise Problem("journey_not_found", "No such journey", 404, "Its key for the API stands in its Settings.")
    return found


def live(journey: Journey) -> Journey:
    """The journey, if it takes people in. Raises Problem."""
    if journey.state != Journey.State.LIVE or journey.version is None:
        detail = f"“{journey.name}” is {journey.get_state_display().lower()}: publish it and let it run first."
        raise Problem("journey_state", "The journey does not run", 409, detail)
    return journey


def found(kind: str, value: str) -> IdentifierFacts:
    """The identifier of a person. Raises PersonNotFound, NobodysIdentifier."""
    known = profiles.find(kind, value)
    if known is None:
        raise PersonNotFound(f"Nobody is known by this {kind}. Send an event or an identify call of theirs first.")
    if known.is_shared:
        raise NobodysIdentifier(f"This {kind} was seen with too many people to be one person's. Name another one.")
    return known


def found_each(people: Sequence[tuple[str, str]]) -> tuple[list[IdentifierFacts], list[dict[str, Any]]]:
    """Those of whom somebody is known, each identifier once, and the others by their place with the reason."""
    known: dict[int, IdentifierFacts] = {}
    unmatched: list[dict[str, Any]] = []
    for index, (kind, value) in enumerate(people):
        try:
            one = found(kind, value)
        except NobodysIdentifier:
            unmatched.append({"index": index, "reason": "identifier_shared"})
        except PersonNotFound:
            unmatched.append({"index": index, "reason": "profile_not_found"})
        else:
            known[one.id] = one
    return list(known.values()), unmatched
