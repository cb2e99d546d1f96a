"""`./run bench recommenders`: how good recommendations are, through the product's own estimators and evaluation.

Online Retail II, learned before 2011-09-09, asked about the three months after it. Popularity stands beside every
figure, measured in the same run. Parameters are the product's defaults, picked on the three months before.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from bench import recommenders_sessions
from bench.report import report
from connectors.online_retail import read_files
from recommendations import evaluation, training
from recommendations.estimators import Interactions, Kind
from recommendations.evaluation import Split

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FILES = (
    DATA / "online_retail_2009_10" / "online_retail_2009_2010.parquet",
    DATA / "online_retail" / "online_retail_2010_2011.parquet",
)
CUT = pd.Timestamp("2011-09-09")


def online_retail(paths: tuple[Path, ...] = FILES) -> Interactions:
    """Products bought by known customers, once an invoice: no refunds, no free or corrected rows, no postage."""
    rows = read_files(paths)
    is_product = rows["product_id"].str.match(r"^\d{5}")
    is_sale = (rows["quantity"] > 0) & (rows["price"] > 0) & ~rows["order_id"].str.startswith("C")
    rows = rows[is_product & is_sale & (rows["customer"] != "")]
    rows = rows.assign(product_id=rows["product_id"].str.upper()).drop_duplicates(
        ["customer", "product_id", "order_id"]
    )
    people, names = pd.factorize(rows["customer"], sort=True)
    items, products = pd.factorize(rows["product_id"], sort=True)
    return Interactions(
        people=people.astype(np.int32),
        items=items.astype(np.int32),
        at_us=rows["at"].to_numpy().astype("datetime64[us]").astype(np.int64),
        kinds=np.full(len(rows), Kind.PURCHASE, dtype=np.int8),
        products=tuple(str(product) for product in products),
        n_people=len(names),
    )


def split_of(interactions: Interactions) -> Split:
    """The split of the published figures."""
    return evaluation.split_at(interactions, int(CUT.value // 1000))


def main() -> None:
    """Measure and print."""
    if missing := [path for path in FILES if not path.exists()]:
        raise SystemExit(f"bench: {missing[0].name} is not there: put the Online Retail files beside the repository")
    split = split_of(online_retail())
    marks = training.judge(split, training.Params())
    for metric, where, ranker, goal in (
        ("online_retail_all_ndcg20", "all", "buy_again", 0.331),
        ("online_retail_new_ndcg20", "new", "for_you", 0.092),
    ):
        ours, popular, ever = (marks[where][name] for name in (ranker, "popularity", "popularity_all_time"))
        report(
            "recommenders",
            metric,
            ours["ndcg"],
            "NDCG@20",
            goal=goal,
            reference="popularity of all time, same run",
            reference_value=ever["ndcg"],
            digits=4,
            note=f"{ranker}, {ours['people']} people; R@20 {ours['recall']:.3f}, HR@20 {ours['hit_rate']:.3f}, "
            f"coverage {ours['coverage']:.2f}; popularity as served (half-life 30 days) {popular['ndcg']:.4f}",
        )
    recommenders_sessions.main()


if __name__ == "__main__":
    main()
