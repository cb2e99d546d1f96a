"""Reading a segment's pages in tests: staff with just the rights named, and a history made up of intervals."""

import re
from datetime import datetime, timedelta
from html import unescape
from uuid import UUID

from django.contrib.auth.models import Permission, User
from django.test import Client
from uuid_utils.compat import uuid7

from segments.models import Membership

MARKETER = ("view_segment", "add_segment", "change_segment", "view_membership", "view_profile")


def staff(*rights: str, name: str = "mia") -> Client:
    """Somebody of staff who may do exactly this, signed in."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def url(segment: int, tab: str) -> str:
    """A tab's path."""
    return f"/admin/segments/segment/{segment}/{tab}/"


def words(page: object) -> str:
    """What a page says, without its tags, blanks made one."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page.text, flags=re.DOTALL)  # type: ignore[attr-defined]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def interval(
    segment: int,
    now: datetime,
    entered: float,
    left: float | None = None,
    *,
    profile_id: UUID | None = None,
    reason: str = "rule",
) -> UUID:
    """A stay that began so many days ago, and ended so many days ago or goes on."""
    profile_id = profile_id or uuid7()
    Membership.objects.create(
        segment_id=segment,
        profile_id=profile_id,
        version=1,
        entered_at=now - timedelta(days=entered),
        left_at=None if left is None else now - timedelta(days=left),
        left_reason="" if left is None else reason,
    )
    return profile_id
