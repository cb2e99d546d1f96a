"""The list of suppressed addresses: files, callers and the command in; hashes, never addresses, out."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cdp.access.services import make_server_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import queries, services
from consent.contracts import EMAIL_MARKETING, GRANTED, NewEntry, Subject
from consent.models import Entry, Suppression
from consent.suppression_list import NewSuppression, as_csv, reason_of, scope_of, strongest
from events.models import Event
from imports.models import Import
from tests.imports.world import Drain, check, rejected, run, settled, take

pytestmark = pytest.mark.django_db

ANNA, BERT, CARLA, DORA = (address_hash(f"{name}@example.com") for name in ("anna", "bert", "carla", "dora"))
PHONE = address_hash("+4930901820")
FILE = f"""E-Mail;Grund;Bereich;Seit;Bemerkung
Anna@Example.com;abgemeldet;;03.04.2026;
bert@example.com;Hard Bounce;alle;04.04.2026;=HYPERLINK("x")
{CARLA.hex()};spam;marketing;;
+49 30 901820;;;;am Telefon
no address;manual;;;
dora@example.com;because;;;
bert@example.com;unsubscribe;all;05.04.2026;weaker
"""


def standing() -> dict[tuple[bytes, str], tuple[str, str]]:
    """{(address hash, scope): (reason, origin)}."""
    return {(bytes(row.address_hash), row.scope): (row.reason, row.origin) for row in Suppression.objects.all()}


def test_addresses_numbers_and_hashes_of_a_german_file_are_suppressed(drain: Drain) -> None:
    job = run(take(FILE, "suppressions", day_first=True))
    assert (job.state, job.rows, job.sent, job.duplicates, job.rejected) == ("done", 7, 4, 1, 2)
    assert standing() == {
        (ANNA, "marketing"): ("unsubscribe", "import"),
        (BERT, "all"): ("hard_bounce", "import"),
        (CARLA, "marketing"): ("complaint", "import"),
        (PHONE, "sms"): ("manual", "import"),
    }
    assert Suppression.objects.get(address_hash=PHONE).note == "am Telefon"
    assert Suppression.objects.get(address_hash=BERT).created_at == datetime(2026, 4, 4, tzinfo=UTC)
    assert [(row, code) for row, code, *_ in rejected(job)] == [(6, "address"), (7, "reason")]
    assert Event.objects.count() == 0
    assert settled(job, drain).stored == 4


def test_the_check_counts_what_would_be_new_stronger_and_known_and_writes_nothing() -> None:
    services.suppress(BERT, "all", "manual", utc_now())
    services.suppress(CARLA, "marketing", "erasure", utc_now())
    job = check(take(FILE, "suppressions", day_first=True))
    report = job.report
    assert (report["good"], report["bad"], report["new"], report["known"], report["already"]) == (5, 2, 2, 1, 2)
    assert report["reasons"] == {"address": 1, "reason": 1}
    assert "anna@example.com" not in str(report["samples"])
    assert len(standing()) == 2


def test_an_unsubscribe_of_a_file_is_a_withdrawal_of_its_date_and_a_later_yes_outlives_it() -> None:
    said = utc_now() - timedelta(days=2)
    for address, at in ((ANNA, said - timedelta(days=9)), (BERT, said + timedelta(days=1))):
        services.record_entries([grant(address, at)])
    rows = ("address,reason,since", f"anna@example.com,unsubscribe,{said.isoformat()}")
    run(take("\n".join([*rows, f"bert@example.com,optout,{said.isoformat()}\n"]), "suppressions"))
    assert standing() == {(ANNA, "marketing"): ("unsubscribe", "import")}
    anna, bert = queries.allows_each([Subject(ANNA), Subject(BERT)], EMAIL_MARKETING, utc_now())
    assert (anna.allowed, anna.reason, bert.allowed) == (False, "withdrawn", True)
    assert set(Entry.objects.filter(state="withdrawn").values_list("method", "channel")) == {("import", "email")}
    services.record_entries([grant(ANNA, utc_now())])
    assert standing() == {}


def grant(address: bytes, at: datetime) -> NewEntry:
    key = keyed_hash("test", address.hex(), at.isoformat())
    return NewEntry(key, EMAIL_MARKETING, GRANTED, "api", at, address_hash=address)


def test_the_same_file_again_changes_nothing() -> None:
    run(take(FILE, "suppressions", day_first=True))
    before, entries = standing(), Entry.objects.count()
    again = run(take(FILE, "suppressions", day_first=True))
    assert (again.sent, again.duplicates, again.rejected) == (0, 5, 2)
    assert (standing(), Entry.objects.count()) == (before, entries)


def test_a_mail_to_a_suppressed_address_is_refused_by_its_scope() -> None:
    run(take(FILE, "suppressions", day_first=True))
    assert queries.suppression(ANNA) is not None
    assert queries.suppression(ANNA, marketing=False) is None
    assert queries.suppression(BERT, marketing=False) is not None
    assert queries.suppression(PHONE) is None


def test_an_export_holds_hashes_and_no_address_and_can_be_imported_again(tmp_path: Path) -> None:
    run(take(FILE, "suppressions", day_first=True))
    path, told = tmp_path / "list.csv", io.StringIO()
    call_command("suppressions", "export", str(path), stdout=told)
    assert "4 suppressed addresses" in told.getvalue()
    text = path.read_text()
    assert "@" not in text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["hash"] for row in rows[:2]] == [ANNA.hex(), BERT.hex()]
    assert set(rows[0]) == {"hash", "scope", "reason", "created_at", "origin"}
    before = standing()
    Suppression.objects.all().delete()
    call_command("suppressions", "import", str(path), stdout=told)
    assert standing() == before
    with pytest.raises(CommandError, match="Name the file"):
        call_command("suppressions", "import")


def test_no_cell_of_an_export_begins_a_formula() -> None:
    row = NewSuppression(ANNA, "=cmd", "@x", utc_now(), origin="+1")
    line = list(as_csv([row]))[1].decode()
    assert [cell for cell in next(csv.reader([line])) if cell[0] in "=+-@"] == []


@pytest.mark.parametrize("word", ["Hard Bounce", "hard_bounce", "bounced", "INVALID"])
def test_words_of_mail_services_are_understood(word: str) -> None:
    assert reason_of(word) == "hard_bounce"
    assert scope_of("E-Mail") == "marketing"
    assert (reason_of("because"), scope_of("fax")) == (None, None)


def test_of_two_rows_of_an_address_the_strongest_reason_stays_whatever_their_order() -> None:
    now = utc_now()
    rows = [NewSuppression(ANNA, "all", reason, now) for reason in ("manual", "complaint", "hard_bounce")]
    assert [row.reason for row in strongest(rows)] == ["complaint"]
    assert [row.reason for row in strongest(rows[::-1])] == ["complaint"]


@pytest.fixture
def api() -> dict[str, Any]:
    _, plain = make_server_key("shop", ["consent:write"])
    return {"headers": {"Authorization": f"Bearer {plain}"}, "content_type": "application/json"}


def test_the_shops_backend_adds_and_asks(client: Client, api: dict[str, Any]) -> None:
    body = {"suppressions": [{"email": "Anna@example.com", "reason": "complaint"}, {"phone": "+49 30 901820"}]}
    assert client.post("/v1/suppressions", body, **api).json() == {"new": 2, "stronger": 0, "known": 0}
    assert client.post("/v1/suppressions/", body, **api).json() == {"new": 0, "stronger": 0, "known": 2}
    assert standing() == {(ANNA, "marketing"): ("complaint", "api"), (PHONE, "sms"): ("manual", "api")}
    asked = {"addresses": [{"email": "anna@example.com"}, {"email": "dora@example.com"}]}
    anna, dora = client.post("/v1/suppressions/check", asked, **api).json()["results"]
    assert [(one["scope"], one["reason"]) for one in anna["suppressions"]] == [("marketing", "complaint")]
    assert dora == {"hash": DORA.hex(), "suppressions": []}
    assert client.get("/v1/suppressions", {"hash": anna["hash"]}, headers=api["headers"]).json() == anna


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"suppressions": []},
        {"suppressions": [{"email": "a@example.com"}, {"email": "nonsense"}]},
        {"suppressions": [{"email": "a@example.com", "phone": "+4930901820"}]},
        {"suppressions": [{"hash": "zz"}]},
        {"suppressions": [{"email": "a@example.com", "scope": "fax"}]},
        {"suppressions": [{"email": "a@example.com", "reason": "erasure"}]},
        {"suppressions": [{"email": "a@example.com"}] * 1001},
    ],
)
def test_a_list_with_a_fault_is_refused_as_a_whole(body: dict[str, Any], client: Client, api: dict[str, Any]) -> None:
    answer = client.post("/v1/suppressions", body, **api)
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"]
    assert standing() == {}


def test_the_api_takes_its_scope_alone(client: Client) -> None:
    _, plain = make_server_key("shop", ["recommendations:read"])
    headers = {"Authorization": f"Bearer {plain}"}
    assert client.get("/v1/suppressions", headers=headers).status_code == 403
    assert client.post("/v1/suppressions/check").status_code == 401


def test_ten_thousand_rows_take_seconds_not_minutes() -> None:
    lines = [f"p{number}@example.com,{('unsubscribe', 'bounce')[number % 2]}" for number in range(10_000)]
    job = take("address,reason\n" + "\n".join(lines) + "\n", "suppressions")
    started = time.monotonic()
    done: Import = run(job)
    assert (done.sent, Suppression.objects.count(), Entry.objects.count()) == (10_000, 10_000, 5_000)
    assert time.monotonic() - started < 30
