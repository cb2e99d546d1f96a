"""The ZIP of an access request holds what the database holds of the person, all of it, and nothing of anybody else."""

import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from cdp.access.services import record_audit
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.lib.rights import Part, Person
from cdp.outbox.services import drain_all
from consent.contracts import GRANTED, WITHDRAWN
from privacy import export_page, services
from privacy.models import Export, Link, Request
from privacy.services import exporting, working
from privacy.stores import stores
from privacy.words import words
from profiles import queries as profiles
from tests.automation.sink import Sink
from tests.privacy.world import JANE, deliver, happened, identify, link_in, say, work

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "other@example.org"


@pytest.fixture
def everything() -> Person:
    """Jane did everything; somebody else did the same beside her."""
    now = utc_now()
    for user, email, mark in (("jane", JANE, "JANE"), ("other", OTHER, "OTHER")):
        identify(
            user, at=now - timedelta(days=9), email=email, phone=f"+49151{len(mark)}2345678", first_name=f"Name{mark}"
        )
        product = {"product_id": "p1", "quantity": 2, "price": 9.5, "name": "Shoe"}
        cart = {"cart_id": f"cart-{mark}", "currency": "EUR", **product}
        order = {
            "order_id": f"order-{mark}",
            "total": 19,
            "currency": "EUR",
            "products": [product],
            "note": f"Note{mark}",
        }
        at = (now - timedelta(days=1)).isoformat()
        happened(
            {"type": "page", "userId": user, "anonymousId": f"anon-{mark}", "name": f"Page{mark}", "timestamp": at},
            {"type": "track", "event": "Product Added", "userId": user, "properties": cart, "timestamp": at},
            {"type": "track", "event": "Order Completed", "userId": user, "properties": order, "timestamp": at},
            {"type": "group", "userId": user, "groupId": f"group-{mark}", "traits": {"name": f"Group{mark}"}},
        )
        say("email_marketing", GRANTED, email=email, at=now - timedelta(days=3))
        say("email_marketing", WITHDRAWN, email=email, at=now - timedelta(days=2))
        found = profiles.find("user_id", user)
        assert found is not None
        say("analytics", GRANTED, identifier_id=found.id, at=now - timedelta(days=2))
        record_audit(None, "viewed", f"profile:{found.profile_id}", "page")
    drain_all(only={"commerce.refold", "profiles.accounts", "segments.mark"})
    person = services.find_person("email", JANE)
    assert person is not None
    return person


def exported(request: Request) -> tuple[zipfile.ZipFile, dict[str, list[Any]]]:
    path = exporting.path_of(Export.objects.get(request=request))
    archive = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    names = [name for name in archive.namelist() if name.startswith("data/")]
    return archive, {Path(name).stem: json.loads(archive.read(name)) for name in names}


def access(address: str = JANE, locale: str = "en") -> Request:
    request = services.ask("access", address, came_by="page", now=utc_now(), locale=locale)
    services.verify(request.pk, now=utc_now())
    work()
    request.refresh_from_db()
    assert request.state == Request.State.DONE
    return request


def counted(sql: str, *params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0])


def held(person: Person) -> dict[str, int]:
    """What the tables hold of the person, counted by statements of this test's own."""
    ids, hashes = list(person.ids), list(person.address_hashes)
    profile = str(person.profile_ids[0])
    return {
        "events": counted("SELECT count(*) FROM events_event WHERE identifier_id = ANY(%s)", ids),
        "identifiers": counted("SELECT count(*) FROM profiles_identifier WHERE profile_id = %s", profile),
        "orders": counted("SELECT count(*) FROM commerce_order WHERE identifier_id = ANY(%s)", ids),
        "carts": counted("SELECT count(*) FROM commerce_cart WHERE identifier_id = ANY(%s)", ids),
        "consent": counted(
            "SELECT count(*) FROM consent_entry WHERE address_hash = ANY(%s) OR identifier_id = ANY(%s)", hashes, ids
        ),
        "consent_suppressions": counted(
            "SELECT count(*) FROM consent_suppression WHERE address_hash = ANY(%s)", hashes
        ),
        "traits": counted("SELECT count(*) FROM profiles_profile, jsonb_object_keys(traits) WHERE id = %s", profile),
        "accounts": counted("SELECT count(*) FROM profiles_accountmember WHERE identifier_id = ANY(%s)", ids),
        "privacy_letters": counted("SELECT count(*) FROM privacy_letter WHERE address_hash = ANY(%s)", hashes) - 1,
        "privacy_requests": counted("SELECT count(*) FROM privacy_request WHERE address_hash = ANY(%s)", hashes),
        "looked_at_by_staff": counted(
            "SELECT count(*) FROM access_auditentry WHERE subject = %s", f"profile:{profile}"
        ),
    }


def test_the_zip_holds_what_the_database_holds_and_its_evidence_says_so(everything: Person) -> None:
    request = access()
    _, parts = exported(request)
    expected = held(everything)
    assert {name: len(parts[name]) for name in expected} == expected
    assert min(count for name, count in expected.items() if name != "privacy_requests") > 0
    evidence = request.steps.get(name="export").evidence
    assert evidence["records"] == {name: len(rows) for name, rows in parts.items()}


def test_the_rows_say_what_was_stored(everything: Person) -> None:
    _, parts = exported(access())
    assert {row["name"] for row in parts["events"]} >= {"page", "identify", "Order Completed", "Product Added"}
    text = json.dumps(parts)
    for word in (
        JANE,
        "+4915142345678",
        "NameJANE",
        "anon-JANE",
        "order-JANE",
        "cart-JANE",
        "NoteJANE",
        "19",
        "GroupJANE",
    ):
        assert word in text, word


def test_nobody_elses_data_is_in_it(everything: Person) -> None:
    archive, _ = exported(access())
    whole = b"\n".join(archive.read(name) for name in archive.namelist()).decode()
    assert "OTHER" not in whole
    assert OTHER not in whole
    assert address_hash(OTHER).hex() not in whole


def test_an_identifier_shared_by_many_is_left_out_and_that_is_told() -> None:
    for number in range(8):
        happened(
            {
                "type": "identify",
                "userId": f"u{number}",
                "anonymousId": "kiosk",
                "traits": {"email": f"u{number}@example.com"},
            }
        )
    happened({"type": "track", "event": "KioskEvent", "anonymousId": "kiosk"})
    request = access("u1@example.com")
    _, parts = exported(request)
    text = json.dumps(parts)
    assert "u1@example.com" in text
    assert "KioskEvent" not in text
    assert "u2@example.com" not in text


def test_every_table_with_personal_columns_stands_in_a_store_that_exports_or_says_why_not() -> None:
    silent = [store.name for store in stores() if store.export is None and not getattr(store, "why_no_export", "")]
    assert silent == []
    known = {model._meta.label for model in apps.get_models()}
    assert {model for store in stores() for model in store.models} <= known


def test_the_page_is_escaped_loads_nothing_and_speaks_their_language(everything: Person) -> None:
    identify("jane", first_name="<script>alert(1)</script>")
    archive, _ = exported(access(locale="de"))
    page = archive.read("index.html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not [word for word in ("src=", 'http-equiv="refresh', "url(", "@import", 'href="http') if word in page]
    assert '<html lang="de">' in page
    assert page.endswith("</html>\n")
    assert "JSON" in archive.read("README.txt").decode()


def test_a_long_history_is_whole_in_json_and_cut_on_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield from ({"number": number} for number in range(export_page.MOST_ROWS + 1))

    monkeypatch.setattr(exporting, "parts_of", lambda person: iter([Part("numbers", "Numbers.", rows())]))
    with (tmp_path / "x.zip").open("w+b") as file:
        records = exporting.write(file, Person(()), words("en"), utc_now())
    archive = zipfile.ZipFile(tmp_path / "x.zip")
    assert records == {"numbers": 501}
    assert len(json.loads(archive.read("data/numbers.json"))) == 501
    page = archive.read("index.html").decode()
    assert page.count('class="row"') == 500
    assert "The first 500 of 501; all are in data/numbers.json." in page


def test_two_parts_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "stores", lambda: (*stores(), *stores()))
    with pytest.raises(ValueError, match="two parts of an export are called"):
        list(exporting.parts_of(Person(())))


def test_negative_control_a_store_that_exports_nothing_is_caught(
    everything: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "stores", lambda: [store for store in stores() if store.name != "orders"])
    _, parts = exported(access())
    assert {name: len(parts.get(name, [])) for name in held(everything)} != held(everything)


def test_it_is_downloaded_once_a_link_by_post_as_an_attachment_nobody_keeps(client: Client, sink: Sink) -> None:
    request = access()
    deliver()
    path = link_in(sink.mails[-1])
    assert client.get(path).status_code == 200
    answer = client.post(path)
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    export = Export.objects.get(request=request)
    assert hashlib.sha256(body).digest() == bytes(export.sha256)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    again = client.post(path)
    assert again.status_code == 410
    assert "Send me another link" in again.content.decode()
    client.post(path, {"action": "again"})
    deliver()
    second = client.post(link_in(sink.mails[-1]))
    assert b"".join(second.streaming_content) == body  # type: ignore[attr-defined]
    export.refresh_from_db()
    assert export.downloads == 2


def test_its_file_has_a_name_nobody_guesses_and_is_its_owners_alone(exports: Path) -> None:
    access()
    (path,) = exports.iterdir()
    assert len(path.stem) == 32
    assert path.stat().st_mode & 0o077 == 0
    assert JANE not in path.name


def test_after_seven_days_file_link_and_address_are_gone(client: Client, sink: Sink, exports: Path) -> None:
    request = access()
    deliver()
    path = link_in(sink.mails[-1])
    Export.objects.update(expires_at=utc_now() - timedelta(seconds=1))
    working.work_slice()
    assert list(exports.iterdir()) == []
    request.refresh_from_db()
    assert (request.address, request.person, request.address_hash) == ("", None, None)
    page = client.get(path)
    assert page.status_code == 410
    assert "Send me another link" not in page.content.decode()


def test_a_file_whose_worker_died_is_cleaned_up_after_a_day(exports: Path) -> None:
    access()
    stray = exports / "making-x"
    stray.write_bytes(b"PK")
    working.work_slice()
    assert stray.exists()
    old = time.time() - 90_000
    os.utime(stray, (old, old))
    working.work_slice()
    assert not stray.exists()
    assert len(list(exports.iterdir())) == 1


def test_erasing_deletes_an_export_that_was_made_before(exports: Path, everything: Person) -> None:
    access()
    assert len(list(exports.iterdir())) == 1
    request = services.ask("erase", JANE, came_by="page", now=utc_now())
    services.verify(request.pk, now=utc_now())
    work()
    request.refresh_from_db()
    assert request.state == Request.State.DONE, list(request.steps.exclude(error="").values_list("name", "error"))
    assert list(exports.iterdir()) == []
    assert not Link.objects.exists()
    assert request.steps.get(name="check").evidence == {"records left": 0}
    assert services.find_person("user_id", "jane") is None


def test_who_is_unknown_gets_an_export_that_says_so() -> None:
    _, parts = exported(access("nobody@example.org"))
    assert {name: len(rows) for name, rows in parts.items() if rows} == {
        "identifiers": 1,
        "privacy_requests": 1,
        "privacy_letters": 1,
    }
