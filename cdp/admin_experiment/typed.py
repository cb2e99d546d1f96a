"""The editor's form as it was typed, so that nothing typed is lost, and the draft that stands in it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.text import slugify

from experiments.drafts import ExperimentDraft, Fault, VariantDraft
from experiments.metrics import CONVERSION, ORDERS, RATIO, REVENUE

TEXTS = (
    *("name", "key", "hypothesis", "traffic", "audience_rule", "min_effect", "alpha", "layer", "layer_share"),
    *("base", "deviation", "people_a_day"),
)
VARIANT = ("key", "label", "share")
METRIC = ("name", "kind", "event", "property", "below", "within", "direction", "cap")
MOST_ROWS, LONGEST, LONGEST_RULE = 20, 500, 100_000
ROLES = ("goals", "guardrails")


@dataclass(slots=True)
class Typed:
    """`variants` and the metrics are rows of texts. `errors`: {field or "rows.number": sentences}."""

    texts: dict[str, str]
    variants: list[dict[str, str]]
    metrics: dict[str, list[dict[str, str]]]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def fail(self, faults: Iterable[Fault]) -> None:
        """Puts each sentence beside its field, once."""
        for where, sentence in faults:
            said = self.errors.setdefault(where, [])
            if sentence not in said:
                said.append(sentence)

    def draft(self) -> ExperimentDraft:
        """What was typed. What cannot be read is among `errors`, with something else in its place."""
        text = self.texts
        return ExperimentDraft(
            key=text["key"] or slugify(text["name"])[:50].strip("-"),
            name=text["name"],
            hypothesis=text["hypothesis"],
            variants=tuple(self._variant(place, row) for place, row in enumerate(self.variants)),
            control=self.variants[0]["key"] if self.variants else "",
            traffic=self._percent("traffic", 100.0),
            audience=self._rule(),
            goals=tuple(self._metrics("goals")),
            guardrails=tuple(self._metrics("guardrails")),
            min_effect=self._percent("min_effect", 5.0),
            alpha=self._percent("alpha", 5.0),
            layer=text["layer"],
            layer_share=self._percent("layer_share", 100.0),
        )

    def number(self, name: str) -> float | None:
        """A figure of the calculator; None where nothing is typed. What cannot be read is among `errors`."""
        return self._read(name, self.texts[name])

    def _variant(self, place: int, row: Mapping[str, str]) -> VariantDraft:
        share = self._read(f"variants.{place}", row["share"])
        part = Decimal(str(share or 0)) / 100
        return VariantDraft(row["key"] or slugify(row["label"])[:50], part, row["label"])

    def _metrics(self, role: str) -> Iterable[dict[str, Any]]:
        for place, row in enumerate(self.metrics[role]):
            yield self._metric(f"{role}.{place}", row)

    def _metric(self, where: str, row: Mapping[str, str]) -> dict[str, Any]:
        kind = row["kind"] or CONVERSION
        days = self._read(where, row["within"])
        made: dict[str, Any] = {
            "name": row["name"] or row["event"],
            "kind": kind,
            "direction": row["direction"] or "up",
            "within_days": 7 if days is None else round(days),
        }
        if kind == RATIO:
            made["numerator"] = {"event": row["event"]} | ({"property": row["property"]} if row["property"] else {})
            made["denominator"] = {"event": row["below"]}
        else:
            made["event"] = row["event"] or (ORDERS if kind == REVENUE else "")
        if kind == REVENUE and row["property"]:
            made["property"] = row["property"]
        if row["cap"] and kind not in (CONVERSION, RATIO):
            made["cap"] = {"percentile": self._read(where, row["cap"]) or 99.0}
        return made

    def _rule(self) -> Mapping[str, Any] | None:
        text = self.texts["audience_rule"].strip()
        if not text or text == "null":
            return None
        try:
            rule = json.loads(text)
        except ValueError as error:
            self.fail([("audience", f"It cannot be read as JSON: {error}.")])
            return None
        if not isinstance(rule, dict):
            self.fail([("audience", "It must be a rule.")])
            return None
        return None if rule in ({"all": []}, {}) else rule

    def _percent(self, name: str, otherwise: float) -> float:
        found = self._read(name, self.texts[name].removesuffix("%").strip())
        return round((otherwise if found is None else found) / 100, 8)

    def _read(self, where: str, text: str) -> float | None:
        if not text:
            return None
        try:
            plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text.replace(",", "")
            number = Decimal(plain)
            if not number.is_finite() or abs(number) > 10**12:
                raise InvalidOperation
        except InvalidOperation:
            self.fail([(where, "A number, like 2.5.")])
            return None
        return float(number)


def of_post(post: QueryDict) -> Typed:
    """The form as sent."""
    texts = {name: _clean(post.get(name, ""), LONGEST_RULE if name == "audience_rule" else 2_000) for name in TEXTS}
    return Typed(
        texts,
        [row for row in _rows(post, "variant", VARIANT) if row["key"] or row["label"]],
        {role: [row for row in _rows(post, role, METRIC) if row["event"] or row["name"]] for role in ROLES},
    )


def of_draft(draft: ExperimentDraft) -> Typed:
    """The form as it opens."""
    texts = dict.fromkeys(TEXTS, "") | {
        "name": draft.name,
        "key": draft.key,
        "hypothesis": draft.hypothesis,
        "traffic": _shown(draft.traffic),
        "audience_rule": json.dumps(draft.audience, ensure_ascii=False) if draft.audience else "",
        "min_effect": _shown(draft.min_effect),
        "alpha": _shown(draft.alpha),
        "layer": draft.layer,
        "layer_share": _shown(draft.layer_share),
    }
    variants = [{"key": one.key, "label": one.label, "share": _shown(float(one.share))} for one in draft.variants]
    metrics = {"goals": draft.goals, "guardrails": draft.guardrails}
    return Typed(texts, variants, {role: [metric_row(one) for one in rows] for role, rows in metrics.items()})


def metric_row(raw: Mapping[str, Any]) -> dict[str, str]:
    """A metric as its row shows it."""
    above, below = raw.get("numerator", raw), raw.get("denominator", {})
    cap = raw.get("cap")
    return {
        "name": str(raw.get("name", "")),
        "kind": str(raw.get("kind", CONVERSION)),
        "event": str(above.get("event", ORDERS if raw.get("kind") == REVENUE else "")),
        "property": str(above.get("property", "")),
        "below": str(below.get("event", "")),
        "within": str(raw.get("within_days", 7)),
        "direction": str(raw.get("direction", "up")),
        "cap": f"{cap.get('percentile', ''):g}" if isinstance(cap, Mapping) and "percentile" in cap else "",
    }


def blank_metric() -> dict[str, str]:
    """A row that says nothing yet."""
    return dict.fromkeys(METRIC, "") | {"kind": CONVERSION, "within": "7", "direction": "up"}


def _rows(post: QueryDict, prefix: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    columns = [[_clean(text, LONGEST) for text in post.getlist(f"{prefix}_{name}")[:MOST_ROWS]] for name in names]
    longest = max(map(len, columns))
    padded = [[*column, *[""] * (longest - len(column))] for column in columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*padded, strict=True)]


def _clean(text: str, longest: int) -> str:
    return text.replace("\0", "").strip()[:longest]


def _shown(share: float) -> str:
    return f"{share * 100:.6g}"
