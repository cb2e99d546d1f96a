"""What spreadsheet programs, hands and hostile callers make of files: read right, or refused with a reason."""

import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import Workbook

from commerce.models import Order
from events.models import Event, Source
from events.queries.sources import forget_sources
from imports import services
from imports.contracts import MappingIncomplete, WrongFile
from imports.models import Import, ImportReject
from imports.queries import columns_of, options_of
from imports.rejects_csv import rejects_csv
from imports.services import files, reading, rejecting
from imports.services.jobs import _digest
from profiles import queries as profiles
from profiles.models import Profile
from tests.imports.world import Drain, check, rejected, run, settled, take, worked

pytestmark = pytest.mark.django_db


def rejects_of(job: Import) -> bytes:
    found = ((r.row, r.code, r.reason, r.raw) for r in ImportReject.objects.filter(of=job).order_by("row"))
    return b"".join(rejects_csv(job.names, found))


def book(*rows: list[object]) -> bytes:
    made, out = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("column", ["Telefon", "Kundennummer"])
def test_a_number_a_spreadsheet_rounded_names_nobody(column: str, drain: Drain) -> None:
    """4.91511E+11 is what is left of a number: two people would become one."""
    job = take(f"{column};Name\n4,91511E+11;Anna\n4,91511E+11;Bert\n4.91511E+11;Carla\n", "people", country="DE")
    settled(run(job), drain)
    assert job.sent == 0
    assert [row for row, _ in rejected(job)] == [2, 3, 4]
    assert not Profile.objects.exists()


def test_ids_of_a_workbook_past_its_precision_name_nobody() -> None:
    job = run(take(book(["Kundennummer", "Name"], [4.9151123456789012e17, "Anna"], [49151.0, "Bert"]), "people"))
    assert [row for row, _ in rejected(job)] == [2]


def test_two_digits_of_a_year_are_read_as_spreadsheets_do(drain: Drain) -> None:
    job = settled(run(take("userId,Geburtsdatum\n7,03.04.65\n", "people")), drain)
    found = profiles.find("user_id", "7")
    assert found is not None
    assert profiles.profile_states([found.profile_id])[found.profile_id].traits["birthday"] == "1965-04-03"
    assert job.stored == 1


def test_what_a_caller_maps_stands_although_the_file_is_read_otherwise() -> None:
    content = "E-Mail|Notiz;x\na@example.com|geheim;1\n"
    job = take(content, "people", mapping={"Notiz;x": "ignore", "E-Mail": "email"}, delimiter="|")
    assert [(c.name, c.target) for c in columns_of(job)] == [("E-Mail", "email"), ("Notiz;x", "ignore")]
    content = "E-Mail;Notiz\na@example.com;geheim\n"
    job = take(content, "people", mapping={"Notiz": "ignore", "E-Mail": "email"}, delimiter=";", encoding="cp1252")
    assert [(c.name, c.target) for c in columns_of(job)] == [("E-Mail", "email"), ("Notiz", "ignore")]


def test_a_second_sheet_can_be_mapped_in_one_call() -> None:
    made, out = Workbook(), io.BytesIO()
    made.active.append(["Read me"])
    sheet = made.create_sheet("Kunden")
    sheet.append(["E-Mail", "Notiz"])
    sheet.append(["a@example.com", "geheim"])
    made.save(out)
    job = take(out.getvalue(), "people", mapping={"Notiz": "ignore"}, sheet="Kunden")
    assert [(c.name, c.target) for c in columns_of(job)] == [("E-Mail", "email"), ("Notiz", "ignore")]


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "bogus"},
        {"encoding": "utf-16"},
        {"delimiter": "ab"},
        {"delimiter": ""},
        {"delimiter": '"'},
        {"delimiter": "\n"},
        {"newline": "x"},
        {"zone": "../../etc/passwd"},
        {"header": None},
    ],
    ids=str,
)
def test_an_option_that_cannot_be_is_told(options: dict[str, Any]) -> None:
    with pytest.raises((MappingIncomplete, WrongFile)):
        take("E-Mail;Name\na@example.com;A\nb@example.com;B\n", "people", **options)


def test_mended_rows_are_mapped_as_the_file_they_came_from() -> None:
    content = "Kennung;Adresse;Betrag;Wann\n1;a@example.com;1.000;01/02/2024\n2;nonsense;2.000;01/02/2024\n"
    mapping = {"Kennung": "user_id", "Adresse": "email", "Betrag": "trait:spent:number", "Wann": "trait:since:date"}
    job = run(take(content, "people", mapping=mapping, decimal_comma=True, day_first=True, country="DE"))
    assert rejected(job) == [(3, "identifier_email")]
    mended = rejects_of(job).replace(b"nonsense", b"b@example.com")
    again = services.draft(services.keep([mended]), kind="people", name="mended.csv")
    assert [(c.target, c.field) for c in columns_of(again)][:4] == [(c.target, c.field) for c in columns_of(job)]
    assert {c.target for c in columns_of(again)[4:]} == {"ignore"}
    told = options_of(again)
    assert (told.decimal_comma, told.day_first, told.country) == (True, True, "DE")


def test_fields_of_a_rejected_line_that_are_no_column_are_in_the_download() -> None:
    lines = [json.dumps({"email": f"a{n}@example.com"}) for n in range(1000)]
    lines.append(json.dumps({"email": "nonsense", "late": "kept"}))
    job = run(take("\n".join(lines), "people"))
    assert rejected(job) == [(1001, "identifier_email")]
    assert b'""late"":""kept""' in rejects_of(job)


def test_thousands_of_a_semicolon_file_are_thousands() -> None:
    """Only programs of a country with decimal commas write semicolons."""
    job = take("Kundennummer;Umsatz\n1;1.234\n2;999\n", "people")
    assert options_of(job).decimal_comma is True


@pytest.mark.parametrize("value", ["1E400", "-1E400"])
def test_an_endless_number_of_a_workbook_is_no_error_of_ours(value: str) -> None:
    source, out = zipfile.ZipFile(io.BytesIO(book(["E-Mail", "Umsatz"], ["a@example.com", 1.5]))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for part in source.infolist():
            made.writestr(part.filename, source.read(part).replace(b"<v>1.5</v>", f"<v>{value}</v>".encode()))
    job = run(take(out.getvalue(), "people"))
    assert job.state == "done"


@pytest.mark.parametrize("line", ['{"email":"a@example.com","x":"\\u0000"}', '{"email":"a@example.com","a\\u0000b":1}',
                                  '{"email":"a@example.com","x":"\\ud800"}', '{"email":"a@example.com","x":1e400}',
                                  '{"email":"a@example.com","x":123456789012345678901234567890}',
                                  '{"email":"a@example.com","":"x"}', '{"email":["a@example.com"]}'])  # fmt: skip
def test_odd_json_is_no_error_of_ours(line: str) -> None:
    try:
        job = check(take(line, "people"))
    except (MappingIncomplete, WrongFile):
        return
    assert job.state == "checked"


def test_a_renamed_source_stays_the_source_of_its_kind(drain: Drain) -> None:
    content = "userId,event,time\n1,Signed Up,2024-01-01T10:00:00Z\n"
    settled(run(take(content, "events")), drain)
    Source.objects.filter(name="Imported events").update(name="Kundenimport")
    again = settled(run(take(content, "events")), drain)
    assert (again.sent, again.duplicates, Event.objects.count()) == (0, 1, 1)


def test_rejected_rows_of_orders_are_kept_up_to_their_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejecting, "MOST_KEPT", 5)
    monkeypatch.setattr(reading, "SPOOL_ROWS", 4)
    rows = "".join(f"{n},never,1\n" for n in range(40))
    job = run(take("order_id,date,total\n" + rows, "orders"))
    assert job.rejected == 40
    assert ImportReject.objects.filter(of=job).count() == 5


def test_a_spool_damaged_by_a_kill_is_begun_anew(drain: Drain) -> None:
    job = take("order_id,date,total,email\nA1,2024-01-01,5,a@example.com\n", "orders")
    services.start_run(job)
    files.spool_of(job.path, _digest(job)).write_bytes(b"SQLite format 3\x00" + b"\x07" * 5000)
    assert worked(job).state == "done"
    assert settled(job, drain).stored == 1


def test_an_external_id_no_kind_can_be_called_is_told(drain: Drain) -> None:
    job = take("CRM Nummer,Name\nC-1,Anna\n", "people", mapping={"CRM Nummer": "external_id:CRM Nummer"})
    settled(run(job), drain)
    assert (job.sent, rejected(job)) == (0, [(2, "identifier_external")]), job.stored


def test_the_last_row_of_a_person_wins(drain: Drain) -> None:
    rows = "".join(f"a@example.com,{n}\n" for n in range(20))
    settled(run(take("email,plan\n" + rows, "people", mapping={"plan": "trait:plan:number"})), drain)
    found = profiles.find("email", "a@example.com")
    assert found is not None
    assert profiles.profile_states([found.profile_id])[found.profile_id].traits["plan"] == 19


def test_a_disabled_source_takes_no_import(drain: Drain) -> None:
    job = take("email,plan\na@example.com,x\n", "people")
    Source.objects.filter(name="Imported people").update(enabled=False)
    forget_sources()
    services.start_run(job)
    worked(job)
    assert (job.state, job.sent) == ("failed", 0)
    assert "is disabled: enable it" in job.problem


@pytest.mark.parametrize("columns", [300, 1000])
def test_a_file_of_many_columns_can_be_mapped_in_the_form(columns: int, admin_client: Client) -> None:
    names = ["email", *(f"c{n}" for n in range(columns - 1))]
    job = take(",".join(names) + "\n" + ",".join(["a@example.com", *["1"] * (columns - 1)]) + "\n", "people")
    form = {"do": "save", "decimal_comma": "point", "target-0": "email"}
    for n in range(1, columns):
        form |= {f"target-{n}": "trait", f"field-{n}": f"c{n}", f"type-{n}": "text"}
    answer = admin_client.post(f"/admin/imports/import/{job.pk}/mapping/", form)
    assert answer.status_code == 302, answer.status_code


def test_an_order_of_lines_has_the_sum_of_its_lines(drain: Drain) -> None:
    content = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n"
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527,United Kingdom\n"
        "536414,22139,,56,2010-12-01 11:52:00,0,,United Kingdom\n"
    )
    job = settled(run(take(content, "orders")), drain)
    assert (job.sent, job.stored, rejected(job)) == (3, 3, [])
    order = Order.objects.get(order_id="536365")
    assert order.revenue == Decimal("35.64")
