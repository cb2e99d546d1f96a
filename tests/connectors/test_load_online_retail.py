"""Some days of the real files through the inbox: the sums in the database equal pandas on the files, to the penny."""

from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from commerce.models import Order, OrderLine
from events.models import Event
from tests.connectors import compare
from tests.paths import data_file

# The days both files hold, the bad-debt adjustments, and the one cancellation with a positive quantity.
DAYS = [*pd.date_range("2010-12-01", "2010-12-03").date, *pd.to_datetime(["2011-08-12", "2010-02-01"]).date]

pytestmark = [pytest.mark.data, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The sampled days of both files."""
    found = []
    for folder, name in (
        ("online_retail", "online_retail_2010_2011.parquet"),
        ("online_retail_2009_10", "online_retail_2009_2010.parquet"),
    ):
        rows = pd.read_parquet(data_file(folder, name))
        found.append(tmp_path / name)
        rows[rows["InvoiceDate"].dt.date.isin(DAYS)].to_parquet(found[-1])
    return found


def load(*paths: Path) -> None:
    call_command("load_online_retail", *map(str, paths), "--wait", verbosity=0)


def test_totals_and_customers_equal_pandas_and_loading_again_changes_nothing(files: list[Path]) -> None:
    rows = compare.rows_of(files)
    load(*files)
    assert compare.stored_totals() == compare.totals_of(rows)
    assert compare.stored_customers() == set(rows["CustomerID"].dropna().astype(int))
    assert OrderLine.objects.count() == len(rows)
    assert Order.objects.count() == rows["InvoiceNo"].nunique()
    cancelled = set(rows["InvoiceNo"][rows["InvoiceNo"].str.startswith("C")])
    assert set(Order.objects.filter(status="pending").values_list("order_id", flat=True)) == cancelled
    guests = set(rows["InvoiceNo"][rows["CustomerID"].isna()])
    assert set(Order.objects.filter(is_guest=True).values_list("order_id", flat=True)) == guests
    before = (Event.objects.count(), sorted(OrderLine.objects.values_list("pk", flat=True)))
    load(files[1])
    load(files[0])
    assert (Event.objects.count(), sorted(OrderLine.objects.values_list("pk", flat=True))) == before


def test_a_file_that_cannot_be_read_is_explained_and_loads_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.parquet"):
        load(tmp_path / "none.parquet")
    assert not Event.objects.exists()
