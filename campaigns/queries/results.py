"""What became of a campaign's mails, by variant: receipts of people, and orders within the window after the mail.

An order counts for the person whose address was mailed, whatever identifier it hangs on; cancelled ones do not. That a
mail was followed by an order does not say that it caused it: the holdout tells (`experiment_key`).
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from campaigns.contracts import MAIL, SENDER, Result
from campaigns.models import Campaign
from campaigns.winning import Tally
from cdp.lib import bulk_sql

MAILS = """
SELECT r.variant, count(*), count(*) FILTER (WHERE r.state = 'sent'), count(m.delivered_at), count(m.opened_at),
  count(m.clicked_at), count(m.unsubscribed_at), count(m.complained_at), count(m.bounced_at)
FROM campaigns_recipient AS r LEFT JOIN mailing_message AS m
  ON m.id = r.message_id AND m.sender = %s::text AND m.step = %s::text
WHERE r.campaign_id = %s::bigint AND r.variant <> '' AND (r.in_test OR NOT %s::boolean) GROUP BY 1 ORDER BY 1
"""
ORDERS = """
WITH mailed AS (
  SELECT r.variant, i.profile_id, min(m.sending_at) AS since FROM campaigns_recipient AS r
  JOIN mailing_message AS m ON m.id = r.message_id JOIN profiles_identifier AS i ON i.id = r.identifier_id
  WHERE r.campaign_id = %s::bigint AND r.state IN ('sent', 'unknown') AND m.sending_at IS NOT NULL
    AND (r.in_test OR NOT %s::boolean) GROUP BY 1, 2)
SELECT mailed.variant, o.currency, count(DISTINCT mailed.profile_id), sum(o.revenue - coalesce(o.refunded, 0))
FROM mailed JOIN profiles_identifier AS i ON i.profile_id = mailed.profile_id
JOIN commerce_order AS o ON o.identifier_id = i.id AND o.placed_at >= mailed.since
  AND o.placed_at < mailed.since + make_interval(days => %s::integer) AND o.status = ANY(%s::text[])
GROUP BY 1, 2
"""
BOUGHT = ["placed", "refunded", "partly_refunded"]


def results(campaign: Campaign, *, test_only: bool = False) -> list[Result]:
    """By variant, in their order; every variant, also one nobody got. `test_only`: of the test group alone."""
    found = {one: Result(one) for one in campaign.variants.order_by("key").values_list("key", flat=True)}
    for variant, *counts in bulk_sql.fetch(MAILS, [SENDER, MAIL, campaign.pk, test_only]):
        found[variant] = Result(variant, *counts)
    for variant, currency, buyers, revenue in bulk_sql.fetch(
        ORDERS, [campaign.pk, test_only, campaign.window_days, BOUGHT]
    ):
        one = found[variant]
        found[variant] = replace(
            one, buyers=one.buyers + buyers, revenue={**one.revenue, currency: revenue or Decimal(0)}
        )
    return list(found.values())


def tallies(campaign: Campaign, found: Sequence[Result]) -> list[Tally]:
    """What the choice of a winner weighs, by the campaign's metric. Revenue of several currencies is added as it is."""
    return [Tally(one.variant, one.sent, _score(one, campaign.metric)) for one in found]


def _score(one: Result, metric: str) -> float:
    if metric == "revenue":
        return float(sum(one.revenue.values()))
    return one.clicked if metric == "clicks" else one.opened
