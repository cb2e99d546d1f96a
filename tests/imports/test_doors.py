"""The API, the command and the admin's pages: the same import by each, for those who may."""

import csv
import io
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.access.services import make_server_key
from cdp.admin_home.groups import apply_rights
from cdp.jobs.services import run_slice
from events.models import Event, Inbox
from imports.models import Import, ImportReject
from imports.rejects_csv import rejects_csv
from imports.services import settle_slice
from profiles import queries as profiles
from tests.imports.world import Drain, check, run, take

pytestmark = pytest.mark.django_db
PEOPLE = "user id,email,plan\n1,a@example.com,gold\n2,nonsense,=cmd\n"


@pytest.fixture
def api() -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {make_server_key('shop', ['imports:write'])[1]}"}


@pytest.fixture
def marketer() -> Client:
    return signed_in("marketer")


def signed_in(group: str) -> Client:
    apply_rights()
    user = User.objects.create_user(f"{group}@example.com", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def test_a_file_sent_to_the_api_is_imported(client: Client, api: dict[str, Any], drain: Drain) -> None:
    answer = client.post("/v1/imports?kind=people&name=people.csv", PEOPLE, content_type="text/csv", **api)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], told["kind"], told["name"]) == ("running", "people", "people.csv")
    assert answer.headers["Location"] == f"/v1/imports/{told['id']}"
    assert run_slice() == 1
    drain()
    settle_slice()
    told = client.get(answer.headers["Location"], **api).json()
    assert told["state"] == "done"
    assert told["counts"] == {
        "rows": 2, "sent": 1, "duplicates": 0, "rejected": 1, "stored": 1, "refused": 0, "quarantined": 0,
    }  # fmt: skip
    rejects = client.get(told["rejects"], **api)
    body = b"".join(rejects.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0] == ["user id", "email", "plan", "reject_row", "reject_code", "reject_reason", "reject_line"]
    assert rows[1][:5] == ["2", "nonsense", "'=cmd", "3", "identifier_email"]
    assert AuditEntry.objects.filter(action="download rejected rows", subject=f"import:{told['id']}").count() == 1


def test_a_form_with_a_mapping_is_checked_then_run(client: Client, api: dict[str, Any]) -> None:
    mapping, options = json.dumps({"Nr": "user_id", "Was": "trait:hobby"}), json.dumps({"country": "de"})
    upload = SimpleUploadedFile("kunden.csv", b"Nr;Was\n1;Chess\n")
    url = f"/v1/imports?kind=people&start=check&mapping={mapping}&options={options}"
    told = client.post(url, {"file": upload}, **api).json()
    assert (told["name"], told["state"], told["options"]["country"]) == ("kunden.csv", "checking", "DE")
    assert run_slice() == 1
    told = client.get(f"/v1/imports/{told['id']}", **api).json()
    assert (told["state"], told["check"]["good"], told["check"]["new"]) == ("checked", 1, 1)
    assert not Inbox.objects.exists()
    assert client.post(f"/v1/imports/{told['id']}/run", **api).status_code == 202
    assert client.post(f"/v1/imports/{told['id']}/run", **api).json()["code"] == "import_state"


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("kind=cats", PEOPLE, "import_kind"),
        ("kind=people&start=later", PEOPLE, "import_kind"),
        ("kind=people", "colour,size\nred,M\n", "import_mapping"),
        ("kind=events", "user id,event,time\n1,Seen,03/04/2026\n", "import_mapping"),
        ("kind=people&mapping={", PEOPLE, "import_options"),
        ('kind=people&mapping={"nope":"email"}', PEOPLE, "import_mapping"),
        ('kind=people&options={"zone":"Mars"}', PEOPLE, "import_mapping"),
        ("kind=people", "", "import_unreadable"),
        ("kind=people", "x" * 5000, "file_too_large"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_what_to_do(
    client: Client, api: dict[str, Any], settings: Settings, query: str, body: str, code: str
) -> None:
    settings.IMPORT_MAX_BYTES = 4096
    answer = client.post(f"/v1/imports?{query}", body, content_type="text/csv", **api)
    assert answer.json()["code"] == code
    assert answer.status_code == (413 if code == "file_too_large" else 400)
    assert answer.json()["detail"]
    assert not Inbox.objects.exists()


def test_the_api_takes_its_scope_alone(client: Client) -> None:
    nothing: dict[str, Any] = {}
    other: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {make_server_key('shop', ['catalog:write'])[1]}"}
    for headers, status in ((nothing, 401), (other, 403)):
        assert client.post("/v1/imports?kind=people", PEOPLE, content_type="text/csv", **headers).status_code == status
    assert not Import.objects.exists()


def test_the_command_imports_a_file_of_this_machine(tmp_path: Path, drain: Drain) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Nr;Mail;Tarif\n1;a@example.com;gold\n2;b@example.com;silver\n")
    out = StringIO()
    call_command("import", path, kind="people", map=["user_id=Nr", "trait:plan=Tarif"], set=["country=DE"], stdout=out)
    assert "Mail → email" in out.getvalue()
    assert "2 rows: 2 sent, 0 known already, 0 rejected" in out.getvalue()
    drain()
    one = profiles.find("user_id", "1")
    assert one is not None
    assert profiles.profile_states([one.profile_id])[one.profile_id].traits["plan"] == "gold"
    with pytest.raises(CommandError, match="no column “Email”"):
        call_command("import", path, kind="people", map=["email=Email"], stdout=out)
    with pytest.raises(CommandError, match="says who it is"):
        call_command("import", path, kind="people", map=["ignore=Nr", "ignore=Mail"], stdout=out)


def test_no_cell_of_the_rejects_begins_a_formula_and_mended_rows_go_in(drain: Drain) -> None:
    job = run(take('user id,email,note\n1,nonsense,=1+1\n2,-,+3\n"x",@evil,\t-\n', "people"))
    rejects = ImportReject.objects.filter(of=job).order_by("row").values_list("row", "code", "reason", "raw")
    content = b"".join(rejects_csv(job.names, rejects)).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(content)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row), row
    mended = content.replace("nonsense", "a@example.com").replace("'@evil", "x@example.com")
    again = run(take(mended, "people"))
    assert (again.rows, again.sent, again.rejected) == (2, 2, 0)
    drain()
    notes = [properties.get("note") for properties in Event.objects.order_by("id").values_list("properties", flat=True)]
    assert notes == ["+3", "=1+1", None]


def test_staff_upload_map_check_and_import(marketer: Client, drain: Drain) -> None:
    page = marketer.get("/admin/imports/import/")
    assert "Nothing imported yet" in page.content.decode()
    assert "What does the file hold?" in marketer.get("/admin/imports/import/add/").content.decode()
    upload = SimpleUploadedFile("people.csv", PEOPLE.encode())
    answer = marketer.post("/admin/imports/import/add/", {"kind": "people", "file": upload})
    job = Import.objects.get()
    here = f"/admin/imports/import/{job.pk}/"
    assert answer.headers["Location"] == f"{here}change/"
    shown = marketer.get(f"{here}change/").content.decode()
    assert "What does each column become?" in shown
    assert "“nonsense” is not an e-mail address." in shown
    form = {"target-0": "user_id", "target-1": "ignore", "target-2": "trait", "field-2": "tariff", "type-2": "text"}
    form |= {"has_header_field": "1", "header": "on", "delimiter": ",", "encoding": "utf-8", "zone": "Europe/Berlin"}
    preview = marketer.post(f"{here}mapping/", {**form, "do": "preview"}).content.decode()
    assert "nonsense" in preview
    assert "is not an e-mail address" not in preview
    marketer.post(f"{here}mapping/", {**form, "do": "check"})
    assert marketer.get(f"{here}progress.json").json()["state"] == "checking"
    assert run_slice() == 1
    assert "2 people can be imported" in marketer.get(f"{here}change/").content.decode()
    marketer.post(f"{here}run/")
    assert run_slice() == 1
    drain()
    settle_slice()
    assert "2 people imported" in marketer.get(f"{here}change/").content.decode()
    job.refresh_from_db()
    assert (job.state, job.stored, job.options["zone"]) == ("done", 2, "Europe/Berlin")
    assert job.mapping[2] == {"name": "plan", "target": "trait", "field": "tariff", "type": "text"}


def test_the_pages_script_uploads_a_bare_body(marketer: Client) -> None:
    url = "/admin/imports/import/add/?kind=people&name=big.csv"
    headers: dict[str, Any] = {"HTTP_X_REQUESTED_WITH": "upload"}
    answer = marketer.post(url, PEOPLE, content_type="application/octet-stream", **headers)
    assert answer.json() == {"url": f"/admin/imports/import/{Import.objects.get().pk}/change/"}
    refused = marketer.post(url, b"%PDF-1.7", content_type="application/octet-stream", **headers)
    assert (refused.status_code, refused.json()) == (400, {"problem": "This is a PDF. Export the data as CSV."})


def test_a_delimiter_chosen_anew_reads_the_file_anew(marketer: Client) -> None:
    job = take("user id,a;b\n1,x;y\n", "people")
    here = f"/admin/imports/import/{job.pk}/"
    form = {"has_header_field": "1", "header": "on", "delimiter": ";", "encoding": "utf-8", "zone": "UTC"}
    marketer.post(f"{here}mapping/", {**form, "do": "save"})
    job.refresh_from_db()
    assert job.names == ["user id,a", "b"]
    assert "user id,a" in marketer.get(f"{here}change/").content.decode()


def test_support_and_analysts_see_no_imports() -> None:
    job = check(take(PEOPLE, "people"))
    for group in ("support", "analyst"):
        client = signed_in(group)
        for path in ("", "add/", f"{job.pk}/change/", f"{job.pk}/rejects.csv", f"{job.pk}/progress.json"):
            assert client.get(f"/admin/imports/import/{path}").status_code == 403, path
        assert client.post(f"/admin/imports/import/{job.pk}/run/").status_code == 403
    job.refresh_from_db()
    assert job.state == "checked"


def test_a_get_changes_nothing(marketer: Client) -> None:
    job = check(take(PEOPLE, "people"))
    for what in ("run", "cancel", "mapping"):
        assert marketer.get(f"/admin/imports/import/{job.pk}/{what}/").status_code == 403
    job.refresh_from_db()
    assert job.state == "checked"


def test_downloads_of_rejected_rows_are_audited(marketer: Client) -> None:
    job = check(take(PEOPLE, "people"))
    answer = marketer.get(f"/admin/imports/import/{job.pk}/rejects.csv")
    assert b"nonsense" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    entry = AuditEntry.objects.get(subject=f"import:{job.pk}")
    assert (entry.action, entry.actor.username) == ("download rejected rows", "marketer@example.com")  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["people", "events", "orders", "products"])
def test_the_files_to_begin_from_can_be_imported_as_they_are(marketer: Client, kind: str) -> None:
    content = marketer.get(f"/admin/imports/import/starter/{kind}.csv").content
    job = check(take(content, kind))
    assert (job.report["bad"], job.report["good"]) == (0, 2)


def test_the_list_costs_the_same_for_one_and_three(marketer: Client, django_assert_max_num_queries: Any) -> None:
    for count in (1, 3):
        while Import.objects.count() < count:
            take(PEOPLE, "people")
        with django_assert_max_num_queries(9):
            assert marketer.get("/admin/imports/import/").status_code == 200
