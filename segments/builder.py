"""The rule builder as a form's widget: the textarea that is saved, and what the page's scripts build over it."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from consent.models import Purpose
from segments.describing import language
from segments.models import Segment
from segments.queries.previewing_drafts import most_compared
from segments.queries.suggesting import Asked, categories, names_of
from segments.rules import NODES, RuleError, parse_rule
from segments.rules.has import WORDS
from segments.starters import CATEGORY, STARTERS

SCRIPTS = ("tree", "controls", "clauses", "view", "drag", "live", "builder")


@dataclass(frozen=True, slots=True)
class StarterShown:
    """A rule to start from: its name, what it is good for, its sentence, and the page that opens with it."""

    name: str
    slug: str
    purpose: str
    sentence: str
    rule: str
    url: str


class RuleBuilder(UnfoldAdminTextareaWidget):  # type: ignore[misc]  # unfold has no types
    """A textarea of JSON; with scripts, controls instead. `segment_id` and `state`: of the segment as it is stored."""

    segment_id: int | None = None
    state: str = ""

    class Media:
        css = {"all": ("segments/builder/builder.css",)}
        js = tuple(f"segments/builder/{name}.js" for name in SCRIPTS)

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 12, "spellcheck": "false", "class": "h-code"})

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The textarea within the builder's frame."""
        textarea = super().render(name, value, attrs, renderer)
        return render_to_string(
            "segments/builder.html",
            {
                "textarea": textarea,
                "segment_id": self.segment_id or "",
                "state": self.state,
                "preview_url": reverse("admin:segments_segment_preview"),
                "suggest_url": reverse("admin:segments_segment_suggest"),
                "language": language_with_names(self.segment_id),
                "starters": starters(),
                "nodes": [(node.key, node.meaning, node.example) for node in NODES.values()],
            },
        )


def language_with_names(segment_id: int | None = None) -> dict[str, Any]:
    """The language as the builder's scripts take it, and the names of what rules mention by a code."""
    return language() | {
        "segments": names_of(Segment.Kind.RULE),
        "lists": names_of(Segment.Kind.STATIC),
        "purposes": dict(Purpose.objects.order_by("position", "code").values_list("code", "label")),
        "kinds": WORDS,
        "compared": most_compared(segment_id),
    }


def starters() -> list[StarterShown]:
    """The rules to start from that this language can say."""
    add = reverse("admin:segments_segment_add")
    shelf = next((each.value for each in categories(Asked())), CATEGORY)
    found = []
    for one in STARTERS:
        try:
            sentence = parse_rule(one.rule).sentence().replace(CATEGORY, shelf)
        except RuleError:
            continue
        rule = json.dumps(one.rule).replace(json.dumps(CATEGORY), json.dumps(shelf))
        query = urlencode({"name": one.name, "slug": one.slug, "definition": rule})
        found.append(StarterShown(one.name, one.slug, one.purpose, sentence, rule, f"{add}?{query}"))
    return found
