"""Writes of price lists: settings, rows by file or by hand, live or not, undone. Each change is audited, a version.

The process that saves answers by it at once, all others within three seconds.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.validators import slug_re
from django.db import transaction

from cdp.access.services import record_audit
from cdp.lib import bulk_sql
from offers.models import Price, PriceList, PriceListVersion
from offers.prices_csv import MOST_LINES, PriceRow, ReadPrices, RejectedLine, read_prices
from offers.queries.price_lists import forget_price_lists

LONGEST_KEY, LONGEST_NAME, LONGEST_GROUP = 50, 200, 200
LOWEST, HIGHEST = 0, 100
KEPT_VERSIONS = 20
HUNDRED = Decimal(100)
TERMS = ("name", "state", "currency", "priority", "segment", "group", "percent_off", "starts_at", "ends_at")
State = PriceList.State
Fault = tuple[str, str]
"""(field, sentence)."""
ADD = """INSERT INTO offers_price (price_list_id, product_id, min_quantity, price)
SELECT %s::bigint, * FROM unnest(%s::text[], %s::numeric[], %s::numeric[])
ON CONFLICT (price_list_id, product_id, min_quantity) DO UPDATE SET price = excluded.price"""
VERSION = """INSERT INTO offers_pricelistversion (price_list_id, number, terms, what, saved_by_id, rows, row_count)
SELECT %s::bigint, %s::int, %s::jsonb, %s::text, %s::bigint,
  coalesce(jsonb_agg(jsonb_build_array(product_id, min_quantity::text, price::text) ORDER BY product_id, min_quantity),
           '[]'), count(*)
FROM offers_price WHERE price_list_id = %s::bigint"""
RESTORE = """INSERT INTO offers_price (price_list_id, product_id, min_quantity, price)
SELECT v.price_list_id, row->>0, (row->>1)::numeric, (row->>2)::numeric
FROM offers_pricelistversion AS v, jsonb_array_elements(v.rows) AS row WHERE v.id = %s::bigint"""


class PriceListRefusedError(ValueError):
    """It was not saved. `faults`: (field, sentence) of everything that is wrong."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__(" ".join(sentence for _, sentence in found))
        self.faults = tuple(found)


@dataclass(frozen=True, slots=True)
class ListDraft:
    """Settings of a list. `seen_at`: when what was edited had been saved last; None where nobody minds."""

    key: str
    name: str
    currency: str
    priority: int = 50
    segment: str = ""
    group: str = ""
    percent_off: Decimal | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file: rows that stand in the list now by it, rows that are gone, lines that were not taken."""

    taken: int
    removed: int
    rejected: tuple[RejectedLine, ...] = field(default=())


def faults(draft: ListDraft, segments: Collection[str] | None) -> list[Fault]:
    """What is wrong with these settings, by field; `segments`: the live ones, None where nobody knows."""
    found: list[Fault] = []
    if not draft.name.strip() or len(draft.name) > LONGEST_NAME:
        found.append(("name", f"A name of 1 to {LONGEST_NAME} signs."))
    if not (len(draft.currency) == 3 and draft.currency.isascii() and draft.currency.isupper()):
        found.append(("currency", "A currency by its three letters, like EUR."))
    if not LOWEST <= draft.priority <= HIGHEST:
        found.append(("priority", f"A whole number from {LOWEST} to {HIGHEST}; the higher one decides."))
    if draft.percent_off is not None and not 0 <= draft.percent_off <= HUNDRED:
        found.append(("percent_off", "A number from 0 to 100."))
    elif draft.percent_off is not None and draft.percent_off != round(draft.percent_off, 2):
        found.append(("percent_off", "At most two decimals, like 12.5."))
    if draft.segment and segments is not None and draft.segment not in segments:
        found.append(("segment", f"There is no live segment “{draft.segment}”: choose one of those there are."))
    if len(draft.group) > LONGEST_GROUP:
        found.append(("group", f"At most {LONGEST_GROUP} signs."))
    if draft.starts_at is not None and draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        found.append(("ends_at", "It ends before it starts."))
    return found


@transaction.atomic
def save_list(
    draft: ListDraft,
    *,
    list_id: int | None = None,
    segments: Collection[str] | None = None,
    by: AbstractBaseUser | None = None,
) -> PriceList:
    """A new list (a draft), or other settings of one; its key stays, and its currency once it has rows.

    Raises PriceListRefusedError, PriceList.DoesNotExist.
    """
    row = _locked(list_id) if list_id else PriceList(key=draft.key, created_by_id=getattr(by, "pk", None))
    found = faults(draft, segments)
    found += _conflicts(row, draft) if list_id else _key_faults(draft.key)
    if found:
        raise PriceListRefusedError(found)
    for name in TERMS:
        if name != "state":
            setattr(row, name, getattr(draft, name))
    _kept(row, "settings changed" if list_id else "made", by)
    return row


@transaction.atomic
def switch_list(list_id: int, state: State, *, by: AbstractBaseUser | None = None) -> PriceList:
    """Live: it is answered by. Draft or archived: as if it were not there. Raises PriceList.DoesNotExist."""
    row = _locked(list_id)
    if row.state != state:
        row.state = state
        said = {State.LIVE: "switched on", State.DRAFT: "switched off", State.ARCHIVED: "put away"}[state]
        _kept(row, said, by)
    return row


@transaction.atomic
def upload_rows(list_id: int, data: bytes, *, replace: bool, by: AbstractBaseUser | None = None) -> Uploaded:
    """Rows of a CSV file in the place of all (`replace`) or beside those there are; lines of no use are named.

    A file without any usable row changes nothing. Raises NotPricesError, PriceListRefusedError, PriceList.DoesNotExist.
    """
    row = _locked(list_id)
    read: ReadPrices = read_prices(data, row.currency)
    if not read.rows:
        return Uploaded(0, 0, read.rejected)
    before = set(Price.objects.filter(price_list=row).values_list("product_id", "min_quantity")) if replace else set()
    if replace:
        Price.objects.filter(price_list=row).delete()
    put_rows(row, read.rows)
    removed = len(before - {(one.product_id, one.from_quantity) for one in read.rows})
    count = len(read.rows)
    how = "in place of all" if replace else "added to those there were"
    _kept(row, f"{count:,} row{'' if count == 1 else 's'} uploaded, {how}", by)
    return Uploaded(count, removed, read.rejected)


@transaction.atomic
def set_rows(
    list_id: int, rows: Sequence[PriceRow], *, remove: Collection[int] = (), by: AbstractBaseUser | None = None
) -> None:
    """Rows put in by hand and rows (by id) taken out. Raises PriceListRefusedError, PriceList.DoesNotExist."""
    row = _locked(list_id)
    gone, _ = Price.objects.filter(price_list=row, pk__in=list(remove)).delete()
    put_rows(row, rows)
    parts = [f"price of {one.product_id} set" for one in rows[:1]]
    parts += [f"{len(rows) - 1} more"] if len(rows) > 1 else []
    parts += [f"{gone} row{'' if gone == 1 else 's'} taken out"] if gone else []
    if parts:
        _kept(row, ", ".join(parts), by)


@transaction.atomic
def restore_list(list_id: int, number: int, *, by: AbstractBaseUser | None = None) -> PriceList:
    """The list as it stood after that change, settings, state and rows, as a version of its own.

    Raises PriceList.DoesNotExist, PriceListVersion.DoesNotExist.
    """
    row = _locked(list_id)
    old = PriceListVersion.objects.get(price_list=row, number=number)
    for name in TERMS:
        setattr(row, name, _read(name, old.terms[name]))
    Price.objects.filter(price_list=row).delete()
    bulk_sql.execute(RESTORE, [old.pk])
    _kept(row, f"version {number} restored", by)
    return row


@transaction.atomic
def delete_list(list_id: int, *, by: AbstractBaseUser | None = None) -> str:
    """Deletes a list with its rows and versions; what it was called. Raises PriceList.DoesNotExist."""
    row = _locked(list_id)
    record_audit(by, "deleted a price list", f"price list:{row.pk}", row.key)
    row.delete()
    transaction.on_commit(forget_price_lists)
    return row.name


def put_rows(row: PriceList, rows: Sequence[PriceRow]) -> None:
    """Rows into a locked list; one of the same product and quantity is changed. Raises PriceListRefusedError."""
    if not rows:
        return
    columns = [one.product_id for one in rows], [one.from_quantity for one in rows], [one.price for one in rows]
    bulk_sql.execute(ADD, [row.pk, *columns])
    if Price.objects.filter(price_list=row).count() > MOST_LINES:
        raise PriceListRefusedError([("file", f"A list holds at most {MOST_LINES:,} rows: make a second one.")])


def _locked(list_id: int) -> PriceList:
    return PriceList.objects.select_for_update().get(pk=list_id)


def _kept(row: PriceList, what: str, by: AbstractBaseUser | None) -> None:
    """Saves the list and notes how it stands now as its next version; the oldest versions go."""
    is_new = row.pk is None
    row.version = 1 if is_new else row.version + 1
    row.save()
    actor = getattr(by, "pk", None)
    terms = msgspec.json.encode({name: getattr(row, name) for name in TERMS}).decode()
    bulk_sql.execute(VERSION, [row.pk, row.version, terms, what, actor, row.pk])
    PriceListVersion.objects.filter(price_list=row, number__lte=row.version - KEPT_VERSIONS).delete()
    record_audit(by, "made a price list" if is_new else "changed a price list", f"price list:{row.pk}", what)
    transaction.on_commit(forget_price_lists)


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in ("starts_at", "ends_at"):
        return datetime.fromisoformat(value)
    return Decimal(value) if name == "percent_off" else value


def _key_faults(key: str) -> list[Fault]:
    if not slug_re.fullmatch(key) or len(key) > LONGEST_KEY:
        return [("key", f"A key of 1 to {LONGEST_KEY} letters, digits, - and _, like b2b-2026.")]
    if PriceList.objects.filter(key=key).exists():
        return [("key", f"“{key}” is taken by another list: choose another key.")]
    return []


def _conflicts(row: PriceList, draft: ListDraft) -> list[Fault]:
    found: list[Fault] = []
    if draft.seen_at is not None and row.updated_at != draft.seen_at:
        sentence = "Somebody else changed it while you edited. What you typed is kept: save again to put it in place."
        found.append(("seen", sentence))
    if draft.currency != row.currency and Price.objects.filter(price_list=row).exists():
        found.append(("currency", f"Its rows are in {row.currency}: make another list for {draft.currency}."))
    return found
