"""What is wrong with a draft, field by field, in words that say how to mend it. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from campaigns.contracts import CampaignDraft, Fault
from campaigns.timing import LOCAL, Schedule, last_due

MOST_VARIANTS = 4
MOST_SEEDS = 20
KEYS = "ABCD"


def schedule_of(draft: CampaignDraft) -> Schedule:
    """Its schedule."""
    return Schedule(draft.when, draft.send_at, draft.local_date, draft.local_time, draft.passed)


def faults(draft: CampaignDraft) -> list[Fault]:
    """What keeps it from being saved: what cannot be meant."""
    return [*_named(draft), *_shares(draft), *_numbers(draft), *_seeds(draft)]


def lacks(draft: CampaignDraft, now: datetime) -> list[Fault]:
    """What is still missing before it can go out, beside its faults."""
    return [*_audience(draft), *_mails(draft), *_schedule(draft, now)]


def _named(draft: CampaignDraft) -> Iterator[Fault]:
    if not draft.name.strip():
        yield "name", "Give it a name by which you and your colleagues know it."
    elif len(draft.name) > 200:
        yield "name", "At most 200 characters."
    if both := set(draft.audience.include) & set(draft.audience.exclude):
        yield "exclude", f"{len(both)} of these are included as well: take them out on one side."


def _shares(draft: CampaignDraft) -> Iterator[Fault]:
    if len(draft.variants) > MOST_VARIANTS:
        yield "variants", f"At most {MOST_VARIANTS} variants."
    if len(draft.variants) > 1:
        if any(one.share <= 0 for one in draft.variants):
            yield "variants", "Each variant needs a share above 0 %."
        elif abs(sum((one.share for one in draft.variants), Decimal(0)) - 1) > Decimal("0.005"):
            total = sum((one.share for one in draft.variants), Decimal(0)) * 100
            yield "variants", f"The variants' shares must make 100 % together, not {total:.0f} %."
    if not 0 <= draft.test_share < 1:
        yield "test_share", "Between 0 and 99 %. At 0 everybody gets a variant at once, by their shares."
    if not 0 <= draft.holdout_share <= Decimal("0.5"):
        yield "holdout_share", "Between 0 and 50 %."
    if draft.test_share and draft.when == LOCAL:
        yield (
            "test_share",
            "A test group and each person's local time do not go together: the rest would miss their time while the "
            "test runs. Send at one instant, or split everybody by setting the test group to 0 %.",
        )


def _numbers(draft: CampaignDraft) -> Iterator[Fault]:
    for name, value, most in (
        ("per_minute", draft.per_minute, 1_000_000),
        ("per_hour", draft.per_hour, 10_000_000),
        ("not_mailed_hours", draft.not_mailed_hours, 24 * 90),
    ):
        if value is not None and not 1 <= value <= most:
            yield name, f"Between 1 and {most:,}, or empty."
    for name, number, least, most in (
        ("test_minutes", draft.test_minutes, 5, 7 * 24 * 60),
        ("min_lead_percent", draft.min_lead_percent, 0, 500),
        ("window_days", draft.window_days, 1, 90),
    ):
        if not least <= number <= most:
            yield name, f"Between {least:,} and {most:,}."


def _seeds(draft: CampaignDraft) -> Iterator[Fault]:
    if len(draft.seeds) > MOST_SEEDS:
        yield "seeds", f"At most {MOST_SEEDS} addresses."
    if bad := [one for one in draft.seeds if "@" not in one or any(c in one for c in " ,;<>")]:
        yield "seeds", f"“{bad[0]}” is no e-mail address: one a line."


def _audience(draft: CampaignDraft) -> Iterator[Fault]:
    if not draft.audience.include and not draft.audience.is_everybody:
        yield "include", "Choose who gets it: at least one segment or list, or everybody."


def _mails(draft: CampaignDraft) -> Iterator[Fault]:
    if not draft.variants or any(not one.template for one in draft.variants):
        yield "variants", "Choose a mail template for each variant."
    told = [(one.template, one.subject.strip()) for one in draft.variants]
    if len(set(told)) < len(told):
        yield "variants", "Two variants are the same: choose another template or another subject for one of them."


def _schedule(draft: CampaignDraft, now: datetime) -> Iterator[Fault]:
    if draft.when == "instant":
        if draft.send_at is None:
            yield "send_at", "Say when: a day and a time."
        elif draft.send_at < now - timedelta(minutes=5):
            yield "send_at", "This has passed: choose a later time, or send it now."
    if draft.when == LOCAL:
        if draft.local_date is None or draft.local_time is None:
            yield "local_date", "Say when: a day and a time of day."
        elif (last := last_due(schedule_of(draft))) is not None and last < now:
            yield "local_date", "This time has passed in every zone: choose a later day."
