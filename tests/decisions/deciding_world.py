"""A small world for decisions: people by the real door, places published by the real service, answers over HTTP."""

import json
from typing import Any

from django.test import Client

from cdp.access.services import make_server_key
from decisions.models import ContentBlock, ContentVersion, DecisionPlacement
from decisions.queries.content import forget_content
from decisions.services import publishing
from events.models import Source
from segments.queries.standing import forget_standing
from tests.segments.world import World

SCOPES = ["decisions:read", "decisions:write"]


def place(key: str, definition: dict[str, Any]) -> DecisionPlacement:
    """A published place."""
    row = publishing.save_draft(key, key, {"fallback": {"nothing": True}, **definition})
    publishing.publish(row.pk)
    forget_standing()
    row.refresh_from_db()
    return row


def content(key: str, title: str) -> None:
    """A live banner."""
    block = ContentBlock.objects.create(key=key, name=key)
    stored = {"kind": "banner", "fallback": {"title": title}, "variants": []}
    block.version = ContentVersion.objects.create(block=block, number=1, content=stored)
    block.state = ContentBlock.State.LIVE
    block.save()
    forget_content()


def table(*rows: dict[str, Any], hit: str = "first", **more: Any) -> dict[str, Any]:
    """A table on country, subtotal and segment; rows are {"id", "country", "subtotal", "segment", "show", …}."""
    inputs = [
        {"id": "country", "on": "context.country"},
        {"id": "subtotal", "on": "cart.subtotal"},
        {"id": "segment", "on": "person.segment"},
        {"id": "rule", "on": "person.rule"},
    ]
    read = []
    for row in rows:
        when = {name: row[name] for name in ("country", "subtotal", "segment", "rule") if name in row}
        rest = {name: value for name, value in row.items() if name not in (*when, "show")}
        read.append(
            {**rest, "when": when, "outcome": {"data": {"show": row["show"]}} if "show" in row else row["outcome"]}
        )
    return {"by": "table", "hit": hit, "inputs": inputs, "rows": read, **more}


class Shop:
    """A shop's server and a browser of its."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.key = make_server_key("shop", SCOPES)[1]
        self.write_key = Source.objects.create(name="browser", kind="browser").write_key

    def decide(self, *places: str, browser: str = "", token: str = "", **asked: Any) -> list[dict[str, Any]]:
        """The decisions of these places."""
        found = json.loads(self.raw(*places, browser=browser, token=token, **asked))["decisions"]
        assert isinstance(found, list)
        return found

    def raw(self, *places: str, browser: str = "", token: str = "", **asked: Any) -> bytes:
        """The body."""
        found = self.post("decide", {"placements": list(places), **asked}, browser=browser, token=token)
        assert found.status_code == 200, found.content
        return bytes(found.content)

    def post(self, path: str, body: dict[str, Any], *, browser: str = "", token: str = "") -> Any:
        """A request by server key; by write key for the anonymous id `browser`; or by user token."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if browser:
            headers = {"X-Write-Key": self.write_key}
            body = {**body, "anonymous_id": browser} if path == "decide" else body
        if token:
            headers = {"X-User-Token": token}
        return Client().post(f"/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)
