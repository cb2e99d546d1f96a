"""Online Retail in pandas and in the database, side by side.

`python -m tests.connectors.compare PATH…` compares the files with whatever the configured database holds after
`manage.py load_online_retail PATH… --wait` (the suite itself loads a sample).
"""

import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd
from django.db import connection

Totals = dict[tuple[str, str], Decimal]
STORED = """
SELECT to_char(l.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM'), o.country, sum(l.amount)
FROM commerce_orderline AS l JOIN commerce_order AS o ON o.id = l.order_id GROUP BY 1, 2
"""


def rows_of(paths: Sequence[Path]) -> pd.DataFrame:
    """The remaining rows: of the earlier file what lies before the later one. Not the product's code."""
    frames = sorted((pd.read_parquet(path) for path in paths), key=lambda frame: frame["InvoiceDate"].min())
    begins = [frame["InvoiceDate"].min() for frame in frames[1:]]
    kept = [frame[frame["InvoiceDate"] < begin] for frame, begin in zip(frames, begins, strict=False)]
    return pd.concat([*kept, frames[-1]], ignore_index=True)


def totals_of(rows: pd.DataFrame) -> Totals:
    """Σ quantity × price by month and country, exactly (prices have three places at most)."""
    thousandths = (rows["UnitPrice"] * 1000).round().astype("int64") * rows["Quantity"].astype("int64")
    months = rows["InvoiceDate"].dt.strftime("%Y-%m")
    sums = thousandths.groupby([months, rows["Country"].astype(object)]).sum()
    return {(str(month), str(country)): Decimal(int(total)).scaleb(-3) for (month, country), total in sums.items()}


def stored_totals() -> Totals:
    """The same from the order lines."""
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        return {(month, country): total for month, country, total in cursor.fetchall()}


def stored_customers() -> set[int]:
    """The customers known by an id."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM profiles_identifier WHERE kind = 'user_id'")
        return {int(value) for (value,) in cursor.fetchall()}


def main() -> int:
    """Say whether they are equal."""
    rows = rows_of([Path(argument) for argument in sys.argv[1:]])
    expected, stored = totals_of(rows), stored_totals()
    customers = set(rows["CustomerID"].dropna().astype(int))
    print(f"{len(rows)} rows; {len(expected)} months × countries")
    print(f"sum {sum(expected.values())} in the files, {sum(stored.values())} stored")
    print(f"totals equal: {expected == stored}; customers equal: {customers == stored_customers()} ({len(customers)})")
    return 0 if expected == stored and customers == stored_customers() else 1


if __name__ == "__main__":
    import django

    django.setup()
    sys.exit(main())
