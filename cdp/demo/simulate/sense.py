"""Whether recommendations make sense: how much people truly like what the API answers, beside popular and random.

Asked over HTTP as a shop would; liking is the taste the simulator gave them, which the service has never been told.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from cdp.demo.simulate.checking import Verdict
from cdp.demo.simulate.market import Floats, Market, make_market
from cdp.demo.simulate.sending import NotSentError
from cdp.demo.simulate.tastes import LEVEL_WEIGHT
from cdp.demo.simulate.truth_files import read
from recommendations.queries import live_run

ITEMS, FEWEST_VISITS, SAMPLE = 10, 4, 150


@dataclass(frozen=True, slots=True)
class Asker:
    """The service's address and a server key that may ask for recommendations."""

    url: str
    server_key: str

    def recommended(self, **query: str) -> list[str]:
        """Product ids for a person; raises NotSentError when the service does not answer."""
        address = f"{self.url.rstrip('/')}/v1/recommendations?{urllib.parse.urlencode({**query, 'n': ITEMS})}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {self.server_key}"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the service named by the caller
                return [item["product_id"] for item in json.load(answer)["items"]]
        except (urllib.error.URLError, OSError) as error:
            raise NotSentError(f"recommendations of the service at {self.url} could not be read: {error}") from error


def check_sense(folder: Path, seed: int, asker: Asker) -> Verdict:
    """Mean true liking of what is recommended, in standard deviations of each person's own likings."""
    if live_run() is None:  # everybody gets what is popular
        advice = "`manage.py train_recommendations` makes one"
        return Verdict(f"recommendations: not compared, as no model is live ({advice})", True)
    market = make_market(seed)
    popular = asker.recommended(anonymous_id=f"sense-{seed}-nobody")
    gained, common, better = [], [], 0
    for taste in islice(_askable(folder), SAMPLE):
        liking = _liking(taste, market)
        answer = asker.recommended(user_id=taste["user_id"])
        gained.append(_mean(liking, market, answer))
        common.append(_mean(liking, market, popular))
        better += gained[-1] > common[-1]
    if not gained:
        return Verdict("recommendations: nobody to ask for", True)
    mine, theirs = float(np.mean(gained)), float(np.mean(common))
    return Verdict(
        f"recommendations: true liking {mine:+.2f} recommended, {theirs:+.2f} popular, +0.00 random"
        f" (standard deviations; {len(gained)} people, better than popular for {better / len(gained):.0%})",
        mine > theirs and mine > 0,
    )


def _askable(folder: Path) -> Any:
    """Tastes of those the platform may and can know: signed up, some visits, no refusal."""
    people = {row["person"]: row["visits"] for row in read(folder, "people") if "visits" in row}
    refused = {row["person"] for row in read(folder, "consent") if not row["may_personalize"]}
    for row in read(folder, "tastes"):
        person = row["person"]
        if row["user_id"] is not None and people.get(person, 0) >= FEWEST_VISITS and person not in refused:
            yield row


def _liking(taste: dict[str, Any], market: Market) -> Floats:
    """Every product's utility by the written vector, in standard deviations over what can be bought."""
    raw = (
        np.array([taste["categories"][name] for name in market.categories])[market.category]
        + np.array([taste["kinds"][name] for name in market.kinds])[market.kind]
        + np.array([taste["brands"][name] for name in market.brands])[market.brand]
        - LEVEL_WEIGHT * (market.level - taste["price_level"]) ** 2
    )
    offered = raw[~market.sold_out]
    found: Floats = (raw - offered.mean()) / offered.std()
    return found


def _mean(liking: Floats, market: Market, product_ids: list[str]) -> float:
    """Of those products; unknown ones are what somebody liked on average."""
    found = [float(liking[market.column[each]]) if each in market.column else 0.0 for each in product_ids]
    return float(np.mean(found)) if found else 0.0
