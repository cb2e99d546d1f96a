"""The segments a person is in. They stand above: the roof says by whom they are told (settings.PROFILE_SEGMENTS)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class InSegment:
    """One segment somebody is in now."""

    slug: str
    name: str
    since: datetime


def segments_of(profile_id: UUID) -> list[InSegment]:
    """The segments a profile is in now, by name."""
    ask: Callable[[UUID], Sequence[Any]] = import_string(settings.PROFILE_SEGMENTS)
    return [InSegment(one.slug, one.name, one.since) for one in ask(profile_id)]
