"""Live visitors are asked for as their pages would, and click what they go to anyway; whoever refuses is left alone."""

from typing import Any

import msgspec

from cdp.demo.simulate.live_clicks import Audience


def event(kind: str, name: str, number: int, *, allows: bool = True, **properties: Any) -> bytes:
    context = {"consent": {"categoryPreferences": {"personalization": allows}}}
    head = {"type": kind, "event": name, "messageId": f"m{number}", "timestamp": "2026-03-01T12:00:00.000Z"}
    return msgspec.json.encode({**head, "anonymousId": "a1", "properties": properties, "context": context})


def test_what_was_shown_before_and_is_looked_at_was_clicked() -> None:
    asked: list[dict[str, Any]] = []

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        asked.append(question)
        return {"recommendation_id": f"r{len(asked)}", "items": [{"product_id": "P-2"}, {"product_id": "P-3"}]}

    audience = Audience(ask)
    items = [event("page", "", 1), event("track", "Product Viewed", 2, product_id="P-3")]
    made = [msgspec.json.decode(item) for item in audience.follow(items)]
    assert [(one["event"], one["properties"]["recommendation_id"], one["messageId"]) for one in made] == [
        ("Product List Viewed", "r1", "m1-seen"),
        ("Product Clicked", "r1", "m2-click"),
        ("Product List Viewed", "r2", "m2-seen"),
    ]
    assert (made[1]["properties"]["position"], made[1]["properties"]["placement"]) == (2, "home-for-you")
    assert [question["placement"] for question in asked] == ["home-for-you", "product-similar"]
    assert asked[1]["product_id"] == "P-3"


def test_nobody_is_asked_for_who_refuses_and_an_empty_answer_counts_where_it_is_measured_only() -> None:
    def nothing(question: dict[str, Any]) -> dict[str, Any]:
        variant = "holdout" if question["placement"] == "category-top" else None
        return {"recommendation_id": "r1", "items": [], "variant": variant}

    audience = Audience(nothing)
    assert audience.follow([event("page", "", 1, allows=False)]) == []
    assert audience.follow([event("page", "", 2)]) == []
    (seen,) = audience.follow([event("track", "Product List Viewed", 3, category="Jackets")])
    assert msgspec.json.decode(seen)["properties"]["products"] == []
    assert Audience(lambda question: None).follow([event("page", "", 4)]) == []
