"""Goals as JSON: what is meant, and for what is wrong the path and what it takes."""

from typing import Any

import pytest

from experiments.metrics import Cap, Measure, Metric, MetricError, parse_metric, parse_metrics


def test_each_kind_is_read() -> None:
    goals, guardrails = parse_metrics(
        [
            {"name": "Orders", "kind": "conversion", "event": "completed order", "within_days": 14},
            {"name": "Adds", "kind": "count", "event": "Product Added", "cap": {"percentile": 99}},
            {"name": "Revenue", "kind": "revenue", "cap": 500, "currency": "EUR"},
        ],
        [
            {
                "name": "Basket",
                "kind": "ratio",
                "numerator": {"event": "Order Completed", "property": "revenue"},
                "denominator": {"event": "Order Completed"},
                "direction": "down",
            }
        ],
    )
    assert goals == (
        Metric("Orders", "conversion", Measure("Order Completed"), within_days=14),
        Metric("Adds", "count", Measure("Product Added"), cap=Cap(percentile=99)),
        Metric("Revenue", "revenue", Measure("Order Completed", "revenue"), cap=Cap(value=500), currency="EUR"),
    )
    basket = Measure("Order Completed", "revenue")
    assert guardrails == (Metric("Basket", "ratio", basket, Measure("Order Completed"), direction="down"),)
    assert [one.is_money for one in (*goals, *guardrails)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (7, "$"),
        ({"name": "x", "kind": "sum"}, "$.kind"),
        ({"kind": "count", "event": "x"}, "$.name"),
        ({"name": "x", "kind": "count"}, "$.event"),
        ({"name": "x", "kind": "count", "event": "x", "property": "y"}, "$.property"),
        ({"name": "x", "kind": "revenue", "property": "gross"}, "$.property"),
        ({"name": "x", "kind": "revenue", "currency": "euro"}, "$.currency"),
        ({"name": "x", "kind": "conversion", "event": "x", "cap": 1}, "$.cap"),
        ({"name": "x", "kind": "revenue", "cap": {"percentile": 100}}, "$.cap.percentile"),
        ({"name": "x", "kind": "revenue", "cap": float("nan")}, "$.cap"),
        ({"name": "x", "kind": "count", "event": "x", "within_days": 91}, "$.within_days"),
        ({"name": "x", "kind": "count", "event": "x", "within_days": True}, "$.within_days"),
        ({"name": "x", "kind": "ratio", "numerator": {"event": "x"}}, "$.denominator"),
        ({"name": "x", "kind": "ratio", "numerator": {"event": "x", "cap": 1}}, "$.numerator.cap"),
        ({"name": "x", "kind": "count", "event": "x", "direction": "sideways"}, "$.direction"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(raw: Any, path: str) -> None:
    with pytest.raises(MetricError) as caught:
        parse_metric(raw)
    assert caught.value.path == path


def test_names_differ_across_goals_and_guardrails() -> None:
    one = {"name": "Orders", "kind": "count", "event": "x"}
    with pytest.raises(MetricError) as caught:
        parse_metrics([one], [one | {"name": "ORDERS"}])
    assert caught.value.path == "$.guardrails[0].name"
    with pytest.raises(MetricError, match="takes 12 metrics at most"):
        parse_metrics([one] * 13, [])
