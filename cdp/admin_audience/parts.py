"""What these pages share: rights, work that goes on, people as a reader may see them, and a segment to begin with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from cdp.lib.admin_parts import may
from segments.queries.labels import person_labels


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as the reader may see them; `url` is empty for those who may not open the page."""

    called: str
    url: str


def around(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """The admin's own context and this page's."""
    return admin.site.each_context(request) | {"title": title, **more}


def people_shown(request: HttpRequest, profile_ids: Sequence[UUID]) -> list[Somebody]:
    """In the order given; nobody for those who see no person."""
    if not may(request, "profiles.view_profile"):
        return []
    labels = person_labels(profile_ids, unmasked=may(request, "profiles.view_personal"))
    return [
        Somebody(labels[each], reverse("admin:profiles_profile_change", args=[each])) for each in profile_ids
    ]  # fmt: skip


def segment_url(request: HttpRequest, name: str, slug: str, rule: Any) -> str:
    """The page of a new segment with this rule; empty for those who may make none."""
    if not may(request, "segments.add_segment"):
        return ""
    query = urlencode({"name": name, "slug": slug, "definition": json.dumps(rule)})
    return f"{reverse('admin:segments_segment_add')}?{query}"
