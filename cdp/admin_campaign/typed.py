"""What was typed into a campaign's form, kept as text until it can be read, and the draft it makes.

Variants come as fields with their key (template_A, subject_A, share_A); one without a template is none, but for A.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from django.http import QueryDict
from django.utils import timezone

from campaigns.checking import KEYS
from campaigns.contracts import Audience, CampaignDraft, Fault, VariantDraft
from consent.contracts import EMAIL_MARKETING
from consent.services import canonical_email

T = TypeVar("T")
TEXTS = (
    "name", "notes", "purpose", "seen", "when", "send_at", "local_date", "local_time", "passed", "per_minute",
    "per_hour", "not_mailed_hours", "test_share", "test_wait", "test_unit", "metric", "min_lead_percent",
    "holdout_share", "window_days", "seeds",
    *(f"{name}_{key}" for key in KEYS for name in ("template", "subject", "share")),
)  # fmt: skip
LONGEST = 4_000
LOCAL = "%Y-%m-%dT%H:%M"
HUNDRED = Decimal(100)


@dataclass(slots=True)
class Typed:
    """The form as typed. `errors`: {field: sentences}."""

    texts: dict[str, str]
    include: list[str]
    exclude: list[str]
    is_everybody: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)

    def fail(self, faults: Iterable[Fault]) -> None:
        """Puts each sentence beside its field, once."""
        for where, sentence in faults:
            said = self.errors.setdefault(where, [])
            if sentence not in said:
                said.append(sentence)

    def audience(self) -> Audience:
        """Whom it is for."""
        return Audience(
            tuple(int(one) for one in self.include if one.isdigit()),
            tuple(int(one) for one in self.exclude if one.isdigit()),
            self.is_everybody,
        )

    def draft(self) -> CampaignDraft:
        """What was typed. What cannot be read is among `errors`, with something else in its place."""
        text = self.texts
        minutes = self._read("test_wait", int) or 0
        return CampaignDraft(
            name=" ".join(text["name"].split()),
            purpose=text["purpose"] or EMAIL_MARKETING,
            audience=self.audience(),
            variants=self._variants(),
            notes=text["notes"],
            when=text["when"] if text["when"] in ("now", "instant", "local") else "now",
            send_at=self._read("send_at", lambda value: timezone.make_aware(datetime.strptime(value, LOCAL))),  # noqa: DTZ007
            local_date=self._read("local_date", date.fromisoformat),
            local_time=self._read("local_time", time.fromisoformat),
            passed=text["passed"] if text["passed"] in ("tomorrow", "now", "skip") else "tomorrow",
            per_minute=self._read("per_minute", int),
            per_hour=self._read("per_hour", int),
            not_mailed_hours=self._read("not_mailed_hours", int),
            test_share=self._share("test_share"),
            test_minutes=minutes * (1 if text["test_unit"] == "minutes" else 60),
            metric=text["metric"] if text["metric"] in ("clicks", "opens", "revenue") else "clicks",
            min_lead_percent=self._read("min_lead_percent", int) or 0,
            holdout_share=self._share("holdout_share"),
            window_days=self._read("window_days", int) or 7,
            seeds=tuple(self._seeds()),
            seen_at=self._seen(),
        )

    def _variants(self) -> tuple[VariantDraft, ...]:
        used = [key for key in KEYS if self.texts[f"template_{key}"]] or ["A"]
        told = {key: self._share(f"share_{key}") for key in used}
        if not any(told.values()):
            told = _equal(used)
        made = [VariantDraft(key, self.texts[f"template_{key}"], self.texts[f"subject_{key}"]) for key in used]
        if len(made) == 1:
            return (VariantDraft("A", made[0].template, made[0].subject),)
        return tuple(VariantDraft(one.key, one.template, one.subject, told[one.key]) for one in made)

    def _share(self, name: str) -> Decimal:
        return (self._read(name, Decimal) or Decimal(0)) / HUNDRED

    def _read(self, name: str, read: Callable[[str], T]) -> T | None:
        said = self.texts[name].strip().removesuffix("%").replace(",", ".").strip()
        if not said:
            return None
        try:
            found = read(said)
        except (ValueError, InvalidOperation):
            self.fail([(name, f"“{said[:40]}” cannot be read here: {_expected(name)}.")])
            return None
        if isinstance(found, Decimal) and not found.is_finite():
            self.fail([(name, f"“{said[:40]}” cannot be read here: {_expected(name)}.")])
            return None
        return found

    def _seeds(self) -> Iterable[str]:
        for line in self.texts["seeds"].replace(",", "\n").splitlines():
            if line.strip():
                yield canonical_email(line.strip()) or line.strip()

    def _seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.texts["seen"])
        except ValueError:
            return None


def of_post(post: QueryDict) -> Typed:
    """What was sent."""
    texts = {name: post.get(name, "")[:LONGEST] for name in TEXTS}
    return Typed(texts, post.getlist("include")[:500], post.getlist("exclude")[:500], post.get("everybody") == "yes")


def of_draft(draft: CampaignDraft) -> Typed:
    """The form that shows a draft."""
    hours = draft.test_minutes % 60 == 0
    send_at = timezone.localtime(draft.send_at).strftime(LOCAL) if draft.send_at else ""
    texts = dict.fromkeys(TEXTS, "") | {
        "name": draft.name,
        "notes": draft.notes,
        "purpose": draft.purpose,
        "seen": draft.seen_at.isoformat() if draft.seen_at else "",
        "when": draft.when,
        "send_at": send_at,
        "local_date": draft.local_date.isoformat() if draft.local_date else "",
        "local_time": draft.local_time.strftime("%H:%M") if draft.local_time else "",
        "passed": draft.passed,
        "per_minute": _said(draft.per_minute),
        "per_hour": _said(draft.per_hour),
        "not_mailed_hours": _said(draft.not_mailed_hours),
        "test_share": _percent(draft.test_share),
        "test_wait": str(draft.test_minutes // 60 if hours else draft.test_minutes),
        "test_unit": "hours" if hours else "minutes",
        "metric": draft.metric,
        "min_lead_percent": str(draft.min_lead_percent),
        "holdout_share": _percent(draft.holdout_share),
        "window_days": str(draft.window_days),
        "seeds": "\n".join(draft.seeds),
    }
    for one in draft.variants:
        share = _percent(one.share) if len(draft.variants) > 1 else ""
        texts |= {f"template_{one.key}": one.template, f"subject_{one.key}": one.subject, f"share_{one.key}": share}
    audience = draft.audience
    return Typed(texts, [*map(str, audience.include)], [*map(str, audience.exclude)], audience.is_everybody)


def _equal(keys: list[str]) -> dict[str, Decimal]:
    """Equal shares in tenths of a percent; the first gets what is left over."""
    each = (Decimal(1) / len(keys)).quantize(Decimal("0.001"))
    return dict.fromkeys(keys, each) | {keys[0]: 1 - each * (len(keys) - 1)}


def _percent(share: Decimal) -> str:
    return f"{(share * HUNDRED).normalize():f}"


def _said(value: int | None) -> str:
    return "" if value is None else str(value)


def _expected(name: str) -> str:
    if name == "send_at":
        return "a day and a time, such as 2026-11-24T09:00"
    if name == "local_date":
        return "a day, such as 2026-11-24"
    return "a time, such as 09:00" if name == "local_time" else "a number"
