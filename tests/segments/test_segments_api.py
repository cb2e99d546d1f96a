"""The segments API over HTTP: scopes, versions, previews, members, lists, snapshots and files, refused by name."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from cdp.access.services import make_server_key
from cdp.jobs import services as jobs
from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from segments.models import Membership, Segment, SegmentVersion
from tests.segments.world import PIPELINE, World

pytestmark = pytest.mark.django_db(transaction=True)
ALL = ("segments:read", "segments:write", "segments:export", "profiles:read")
GERMANS = {"trait": "city", "is": "eq", "value": "Ulm"}
URL = "/v1/segments"


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> World:
    settings.SEGMENT_FILES_DIR = str(tmp_path / "segment-files")
    return World()


class Api:
    """A caller with a key of some scopes."""

    def __init__(self, *scopes: str) -> None:
        _, key = make_server_key("test", scopes)
        self.web: Any = Client(headers={"Authorization": f"Bearer {key}"})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        more: dict[str, Any] = (
            {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        )
        return self.web.generic(method.upper(), f"{URL}{path}", headers=headers or None, **more)

    def get(self, path: str, **query: Any) -> Any:
        return self.web.get(f"{URL}{path}", query)

    def post(self, path: str, body: Any) -> Any:
        return self.call("post", path, body)


@pytest.fixture
def api() -> Api:
    return Api(*ALL)


def settle() -> None:
    while jobs.run_slice() or drain_all(only=PIPELINE):
        pass


def made(api: Api, slug: str = "germans", rule: Any = None, **more: Any) -> Any:
    body = {"slug": slug, "name": slug.title(), "definition": rule or GERMANS, **more}
    answer = api.post("", body)
    assert answer.status_code == 201, answer.content
    settle()
    return answer.json()


def a_list(api: Api, slug: str = "fair") -> None:
    assert api.post("", {"slug": slug, "name": slug.title(), "kind": "static"}).status_code == 201
    settle()


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_segment_is_made_read_changed_and_archived(world: World, api: Api) -> None:
    world.send(world.identify("ada", city="Ulm"), world.identify("ben", city="Wien"))
    shown = made(api, purpose="analytics", notes="of Ulm")
    assert (shown["version"], shown["kind"], shown["purpose"]) == (1, "rule", "analytics")
    assert "city" in shown["sentence"]
    read = api.get("/germans")
    assert (read.json()["members"], read.json()["definition"]) == (1, GERMANS)
    changed = api.call("patch", "/germans", {"definition": GERMANS | {"value": "Wien"}}, **{"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["version"], changed.json()["notes"]) == (200, 2, "of Ulm")
    settle()
    assert [one["version"] for one in api.get("/germans/versions").json()["data"]] == [2, 1]
    assert world.members(shown["id"]) == {world.profile("ben")}
    assert api.call("delete", "/germans").status_code == 204
    assert api.get("/germans").json()["state"] == "archived"
    assert [one["slug"] for one in api.get("").json()["data"]] == []
    assert [one["slug"] for one in api.get("", state="archived").json()["data"]] == ["germans"]


def test_two_who_change_one_segment_do_not_undo_each_other(world: World, api: Api) -> None:
    made(api)
    tag = api.get("/germans")["ETag"]
    assert api.call("patch", "/germans", {"name": "First"}, **{"If-Match": tag}).status_code == 200
    refused = api.call("patch", "/germans", {"name": "Second"}, **{"If-Match": tag})
    assert problem(refused) == (412, "segment_changed")
    assert refused["ETag"] == api.get("/germans")["ETag"] != tag
    assert problem(api.call("delete", "/germans", **{"If-Match": tag})) == (412, "segment_changed")
    assert (Segment.objects.get().name, Segment.objects.get().state) == ("First", "live")


def test_the_same_segment_again_is_no_error_and_another_of_its_slug_is(world: World, api: Api) -> None:
    made(api)
    again = {"slug": "germans", "name": "Germans", "definition": GERMANS}
    assert api.post("", again).status_code == 200
    assert problem(api.post("", again | {"name": "Others"})) == (409, "segment_exists")
    assert (Segment.objects.count(), SegmentVersion.objects.count()) == (1, 1)
    made(api, "others")
    assert problem(api.call("patch", "/others", {"slug": "germans"})) == (409, "segment_exists")


def test_a_dry_run_says_who_would_enter_and_leave_and_changes_nothing(world: World, api: Api) -> None:
    world.send(
        world.identify("ada", city="Ulm"), world.identify("ben", city="Wien"), world.identify("cid", city="Wien")
    )
    made(api)
    told = api.call("patch", "/germans?dry_run=true", {"definition": GERMANS | {"value": "Wien"}}).json()
    assert (told["dry_run"], told["count"], told["entering"], told["leaving"]) == (True, 2, 2, 1)
    assert Segment.objects.get().version == 1
    new = api.post("?dry_run=true", {"slug": "x", "name": "X", "definition": GERMANS}).json()
    assert (new["dry_run"], new["count"], new["people"]) == (True, 1, 3)
    assert Segment.objects.count() == 1


def test_a_bad_rule_is_named_by_the_place_in_it(world: World, api: Api) -> None:
    rule = {"all": [GERMANS, {"did": 5}]}
    answer = api.post("", {"slug": "x", "name": "X", "definition": rule})
    assert problem(answer) == (400, "segment_rule")
    assert answer.json()["errors"][0]["field"] == "definition.all[1].did"
    assert problem(api.post("/preview", {"definition": {"nonsense": 1}})) == (400, "segment_rule")
    assert problem(api.post("", {"slug": "x", "name": "X", "definition": {"in_segment": "no"}})) == (
        400,
        "segment_rule",
    )
    assert Segment.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "X", "definition": GERMANS}, "slug"),
        ({"slug": "x y", "name": "X", "definition": GERMANS}, "slug"),
        ({"slug": "preview", "name": "X", "definition": GERMANS}, "slug"),
        ({"slug": "x", "name": "X"}, "definition"),
        ({"slug": "x", "name": "X", "kind": "static", "definition": GERMANS}, "definition"),
        ({"slug": "x", "name": "X", "definition": GERMANS, "purpose": "nonsense"}, "purpose"),
        ({"slug": "x", "name": "X", "definition": GERMANS, "pourpose": "analytics"}, "pourpose"),
        ({"slug": "x", "name": "X", "definition": {"trait": "a\u0000b", "is": "is_set"}}, "definition"),
        ({"slug": "x", "name": "X", "definition": {"trait": "a\ud800b", "is": "is_set"}}, "definition"),
    ],
)
def test_fields_that_cannot_be_used_are_named(world: World, api: Api, body: Any, field: str) -> None:
    answer = api.post("", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"].partition(".")[0] == field
    assert Segment.objects.count() == 0


def test_a_preview_counts_clauses_and_shows_people_only_to_keys_that_may_see_them(world: World, api: Api) -> None:
    world.send(world.identify("ada", city="Ulm", vip=True), world.identify("ben", city="Ulm"))
    rule = {"all": [GERMANS, {"trait": "vip", "is": "eq", "value": True}]}
    told = api.post("/preview", {"definition": rule, "clauses": True}).json()
    assert (told["count"], told["people"], [one["count"] for one in told["clauses"]]) == (1, 2, [2, 1])
    assert told["sample"] == [str(world.profile("ada"))]
    blind = Api("segments:read").post("/preview", {"definition": rule}).json()
    assert (blind["count"], "sample" in blind) == (1, False)


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        ((), "get", "", 401),
        (("profiles:read",), "get", "", 403),
        (("segments:read",), "post", "", 403),
        (("segments:read",), "patch", "/germans", 403),
        (("segments:read",), "delete", "/germans", 403),
        (("segments:read",), "post", "/germans/members", 403),
        (("segments:read", "segments:write"), "post", "/germans/exports", 403),
        (("segments:read",), "get", "/germans/explain/user_id:ada", 403),
        (("segments:read",), "get", "/germans/members?identifiers=email", 403),
        (("segments:write",), "get", "/germans/members", 403),
        (("segments:export",), "get", "/germans", 403),
    ],
)
def test_each_call_needs_its_scope(world: World, scopes: Any, method: str, path: str, status: int) -> None:
    made(Api(*ALL))
    api = Api(*scopes) if scopes else Api()
    if not scopes:
        api.web = Client()
    answer = api.call(method, path, {} if method in ("post", "patch") else None)
    assert problem(answer) == (status, "server_key_missing" if status == 401 else "scope_missing")
    assert Segment.objects.get().state == "live"


def test_members_are_paged_and_told_as_they_were(world: World, api: Api) -> None:
    shown = made(api)
    world.send(*[world.identify(f"u{n}", city="Ulm", email=f"u{n}@example.com") for n in range(5)])
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get("/germans/members", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["profile_id"] for one in page["data"]]
        cursor = page["next"]
        if not cursor:
            break
    assert (len(seen), set(seen)) == (5, {str(world.profile(f"u{n}")) for n in range(5)})
    first = api.get("/germans/members", identifiers="email,user_id", limit=1).json()["data"][0]
    assert sorted(first["identifiers"]) == ["email", "user_id"]
    before = utc_now()
    Membership.objects.update(entered_at=before - timedelta(days=2))
    Membership.objects.filter(profile_id=world.profile("u0")).update(left_at=before - timedelta(days=1))
    then = api.get("/germans/members", at=(before - timedelta(days=1.5)).isoformat()).json()
    assert len(then["data"]) == 5
    assert len(api.get("/germans/members").json()["data"]) == 4
    told = api.get("/germans/compare", **{"from": (before - timedelta(days=1.5)).isoformat(), "part": "left"}).json()
    assert (told["both"], told["entered"], told["left"]) == (4, 0, 1)
    assert told["data"] == [{"profile_id": str(world.profile("u0"))}]
    assert shown["id"]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/germans/members", {"at": "2999-01-01"}, "at"),
        ("/germans/members", {"at": "yesterday"}, "at"),
        ("/germans/members", {"limit": "0"}, "limit"),
        ("/germans/members", {"cursor": "?"}, "cursor"),
        ("/germans/members", {"limt": "5"}, "limt"),
        ("/germans/compare", {}, "from"),
        ("/germans/compare", {"from": "2026-01-02", "to": "2026-01-01"}, "from"),
        ("", {"state": "gone"}, "state"),
    ],
)
def test_parameters_that_cannot_be_used_are_named(
    world: World, api: Api, path: str, query: dict[str, str], field: str
) -> None:
    made(api)
    answer = api.get(path, **query)
    assert (problem(answer), answer.json()["errors"][0]["field"]) == ((400, "invalid"), field)


def test_a_person_is_told_their_segments_their_past_and_why(world: World, api: Api) -> None:
    made(api, rule={"all": [{"did": "Order Completed"}, GERMANS]})
    world.send(world.identify("ada", city="Ulm"), world.track("ada", "Order Completed"))
    web = api.web
    told = web.get("/v1/profiles/user_id:ada/segments").json()
    assert (told["profile_id"], [one["slug"] for one in told["data"]]) == (str(world.profile("ada")), ["germans"])
    past = web.get("/v1/profiles/user_id:ada/segments?history=true").json()["data"]
    assert [(one["slug"], one["left_at"]) for one in past] == [("germans", None)]
    why = api.get("/germans/explain/user_id:ada").json()
    clauses = why["explanation"]["clauses"]
    assert (why["is_member"], [one["holds"] for one in clauses], clauses[0]["found"]) == (True, [True, True], 1)
    assert clauses[0]["events"][0]["name"] == "Order Completed"
    assert clauses[1]["actual"] == "Ulm"
    assert problem(web.get("/v1/profiles/user_id:zoe/segments")) == (404, "profile_not_found")
    assert problem(api.get("/nosuch/explain/user_id:ada")) == (404, "segment_not_found")


def test_people_are_put_on_a_list_taken_off_and_replaced(world: World, api: Api) -> None:
    a_list(api)
    world.send(*[world.identify(name, email=f"{name}@example.com") for name in ("ada", "ben", "cid")])
    ben = str(world.profile("ben"))
    people = [{"email": "ADA@example.com"}, {"profile_id": ben}, {"user_id": "zoe"}, {"email": "no address"}]
    told = api.post("/fair/members", {"members": people}).json()
    assert (told["changed"], told["already"]) == (2, 0)
    assert [(one["index"], one["reason"]) for one in told["unmatched"]] == [(2, "unknown"), (3, "not_an_email")]
    settle()
    assert api.get("/fair").json()["members"] == 2
    replaced = api.call("put", "/fair/members", {"members": [{"user_id": "cid"}, {"user_id": "ada"}]}).json()
    assert (replaced["changed"], replaced["removed"]) == (2, 1)
    removed = api.post("/fair/members/remove", {"members": [{"user_id": "cid"}]}).json()
    assert removed["changed"] == 1
    settle()
    fair = Segment.objects.get(slug="fair").pk
    assert world.members(fair) == {world.profile("ada")}
    made(api)
    assert problem(api.post("/germans/members", {"members": people})) == (409, "segment_not_a_list")
    assert problem(api.call("patch", "/fair", {"definition": GERMANS})) == (400, "invalid")
    assert api.call("patch", "/fair", {"slug": "fairs"}).json()["definition"] == {"in_list": "fairs"}


def test_members_that_name_nobody_do_not_keep_the_others_out(world: World, api: Api) -> None:
    a_list(api)
    world.send(world.identify("ada"))
    odd = [{"a": "1", "b": "2"}, {"profile_id": "7"}, {"user_id": {"is": "ada"}}, {"user_id": "a\0"}, "ada", None, {}]
    told = api.post("/fair/members", {"members": [*odd, {"user_id": "ada"}]}).json()
    whys = ["not_one_identifier", "no_profile_id", "not_text", "not_text", *["not_one_identifier"] * 3]
    assert (told["changed"], [one["reason"] for one in told["unmatched"]]) == (1, whys)
    assert told["unmatched"][1]["detail"] == "This is no profile id."


def test_a_snapshot_that_cannot_be_made_leaves_no_list(world: World, api: Api) -> None:
    made(api)
    a_list(api)
    assert problem(api.post("/germans/snapshots", {"slug": "fair", "name": "F"})) == (409, "segment_exists")
    nosuch = api.post("/germans/snapshots", {"slug": "new", "name": "N", "purpose": "nosuch"})
    assert (problem(nosuch), nosuch.json()["errors"][0]["field"]) == ((400, "invalid"), "purpose")
    assert not Segment.objects.filter(slug="new").exists()


def test_a_file_is_put_on_a_list_followed_and_taken_back(world: World, api: Api) -> None:
    a_list(api)
    world.send(world.identify("ada"), world.identify("ben"))
    answer = api.web.post(f"{URL}/fair/uploads?name=fair.csv", "customer_id\nada\nben\nzoe\n", content_type="text/csv")
    assert answer.status_code == 202, answer.content
    fill = answer.json()["id"]
    settle()
    told = api.get(f"/fair/fills/{fill}").json()
    assert (told["state"], told["rows"], told["added"], told["unmatched"]) == ("done", 3, 2, 1)
    rejects = b"".join(api.get(f"/fair/fills/{fill}/rejects.csv").streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(rejects))
    assert (row["customer_id"], row["reject_row"], row["reject_code"]) == ("zoe", "4", "unknown")
    undone = api.post(f"/fair/fills/{fill}/undo", {}).json()
    assert undone["state"] == "undone"
    assert problem(api.post(f"/fair/fills/{fill}/undo", {})) == (409, "segment_state")
    settle()
    assert world.members(Segment.objects.get().pk) == set()
    bad = api.web.post(f"{URL}/fair/uploads?column=nope", "customer_id\nada\n", content_type="text/csv")
    assert problem(bad) == (400, "segment_upload")
    empty = api.web.post(f"{URL}/fair/uploads", "", content_type="text/csv")
    assert problem(empty) == (400, "segment_upload")


def test_a_snapshot_is_a_list_of_who_was_in(world: World, api: Api) -> None:
    made(api, purpose="analytics")
    world.send(world.identify("ada", city="Ulm"))
    answer = api.post("/germans/snapshots", {"slug": "frozen", "name": "Frozen"})
    assert (answer.status_code, answer.json()["fill"]["state"]) == (202, "running")
    settle()
    world.send(world.identify("ben", city="Ulm"))
    frozen = api.get("/frozen").json()
    assert (frozen["kind"], frozen["members"], frozen["purpose"]) == ("static", 1, "analytics")
    assert api.get("/germans").json()["members"] == 2
    assert problem(api.post("/germans/snapshots", {"slug": "frozen", "name": "Again"})) == (409, "segment_exists")
    later = {"slug": "later", "name": "Later", "at": "2999-01-01T00:00:00Z"}
    assert problem(api.post("/germans/snapshots", later)) == (400, "invalid")


def test_members_are_exported_to_who_holds_that_scope(world: World, api: Api) -> None:
    made(api)
    world.send(world.identify("ada", city="Ulm", email="ada@example.com"))
    asked = api.post("/germans/exports", {"columns": ["identifier:email"], "purpose": "analytics"})
    assert (asked.status_code, asked.json()["state"], asked.json()["url"]) == (202, "running", None)
    settle()
    told = api.get(f"/germans/exports/{asked.json()['id']}").json()
    assert (told["state"], told["rows"], told["left_out"]) == ("done", 1, {})
    body = b"".join(api.web.get(told["url"]).streaming_content).decode("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(body))) == [
        {"profile_id": str(world.profile("ada")), "email": "ada@example.com"}
    ]
    assert problem(api.post("/germans/exports", {})) == (400, "segment_export")
    blind = Api("segments:export")
    named = {"columns": ["identifier:email"], "purpose": "analytics"}
    assert problem(blind.post("/germans/exports", named)) == (403, "scope_missing")
    assert problem(blind.web.get(told["url"])) == (403, "scope_missing"), "it holds addresses"
    assert Api("segments:read").web.head(told["url"]).status_code == 403
    assert blind.post("/germans/exports", {"purpose": "analytics"}).json()["columns"] == ["profile_id", "since"]
    assert problem(api.get(f"/germans/exports/{told['id'][:-4]}0000/members.csv")) == (404, "not_found")


def test_a_segment_others_use_is_not_taken_away(world: World, api: Api) -> None:
    made(api)
    made(api, "both", {"in_segment": "germans"})
    assert problem(api.call("delete", "/germans")) == (409, "segment_in_use")
    assert problem(api.call("patch", "/germans", {"slug": "ulm"})) == (409, "segment_in_use")
    assert Segment.objects.get(slug="germans").state == "live"


def test_the_list_is_paged_by_slug_and_searched(world: World, api: Api) -> None:
    for slug in ("a", "b", "c"):
        made(api, slug)
    first = api.get("", limit=2).json()
    assert ([one["slug"] for one in first["data"]], first["next"]) == (["a", "b"], "b")
    rest = api.get("", limit=2, cursor=first["next"]).json()
    assert ([one["slug"] for one in rest["data"]], rest["next"]) == (["c"], None)
    assert [one["slug"] for one in api.get("", search="B").json()["data"]] == ["b"]
