"""Campaigns in words: to whom, when, by which test; states with their tags; reasons of every app."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format

from campaigns import reasons
from campaigns.contracts import Audience, Reach
from campaigns.models import Campaign
from mailing import reasons as of_mailing

TAGS = {
    "draft": "",
    "approval": "h-tag-warn",
    "scheduled": "h-tag-ok",
    "running": "h-tag-ok",
    "paused": "h-tag-warn",
    "done": "",
    "cancelled": "h-tag-bad",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A count with its words."""

    count: int
    words: str


def people(count: int) -> str:
    """1 person, 1,204 people."""
    return "1 person" if count == 1 else f"{count:,} people"


def percent(share: object) -> str:
    """0.125 → 12.5 %."""
    return f"{float(str(share)) * 100:.4g} %"


def audience_words(audience: Audience, names: Mapping[int, str]) -> str:
    """“Regulars” or “VIP”, without “Staff”; empty where nobody is chosen yet."""
    if audience.is_everybody:
        said = "everybody"
    elif audience.include:
        said = " or ".join(f"“{names.get(pk, '?')}”" for pk in audience.include)
    else:
        return ""
    if audience.exclude:
        said += ", without " + " and ".join(f"“{names.get(pk, '?')}”" for pk in audience.exclude)
    return said


def when_words(row: Campaign) -> str:
    """When it goes out, as a part of a sentence."""
    if row.when == Campaign.When.LOCAL and row.local_date and row.local_time:
        day = date_format(row.local_date, "j M Y")
        return f"on {day} at {row.local_time:%H:%M}, each person's local time"
    if row.when == Campaign.When.INSTANT and row.send_at:
        at = timezone.localtime(row.send_at)
        return f"on {date_format(at, 'j M Y')} at {at:%H:%M} ({timezone.get_current_timezone_name()})"
    return "as soon as it is sent" if row.when == Campaign.When.NOW else "at a time that is not chosen yet"


def goes_words(row: Campaign) -> str:
    """When it goes out once it is sent or approved, as a part of a sentence."""
    return "at once" if row.when == Campaign.When.NOW else when_words(row)


def gets_words(mailable: int, holdout_share: Decimal) -> str:
    """How many get it and how many are held out: 60 people, or about 54 people (about 6 of 60 are held out)."""
    held = round(mailable * holdout_share)
    if not held:
        return people(mailable)
    return f"about {people(mailable - held)} (about {held:,} of {mailable:,} are held out)"


def approve_words(row: Campaign) -> str:
    """What the button of the second person does."""
    whom = gets_words(row.asked_count or 0, row.holdout_share)
    if row.when == Campaign.When.NOW:
        return f"Approve and send now to {whom}"
    return f"Approve: it goes to {whom} {when_words(row)}"


def test_words(row: Campaign, variants: int) -> str:
    """How variants are compared; empty where there is one."""
    if variants < 2:
        return ""
    if not row.test_share:
        return f"{variants} variants, split over everybody by their shares"
    wait = minutes_words(row.test_minutes)
    return (
        f"{percent(row.test_share)} get {variants} variants first; {wait} after the last of them the one with the most "
        f"{row.get_metric_display()} per mail goes to the rest, if it leads by {row.min_lead_percent} %, else the first"
    )


def minutes_words(minutes: float) -> str:
    """45 minutes, 4 hours, 2 days."""
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return f"{minutes:.0f} minute{'' if round(minutes) == 1 else 's'}"
    if minutes < 60 * 48:
        return f"{minutes / 60:.3g} hours"
    return f"{minutes / 60 / 24:.3g} days"


def pace_words(per_minute: float) -> str:
    """6 a minute, or 10 an hour where it is slower than one a minute; empty where nothing goes out."""
    if not per_minute:
        return ""
    return f"{per_minute:,.0f} a minute" if per_minute >= 1 else f"{max(per_minute * 60, 1):,.0f} an hour"


def throttle_words(row: Campaign) -> str:
    """At most so many a minute; empty without a throttle."""
    said = [f"{row.per_minute:,} a minute"] if row.per_minute else []
    said += [f"{row.per_hour:,} an hour"] if row.per_hour else []
    return f"at most {' and '.join(said)}" if said else ""


def reason_words(code: str) -> str:
    """A sentence for a code of ours or of mailing's."""
    if code in reasons.OWN or code in reasons.LEFT_OUT:
        return reasons.words(code)
    return of_mailing.words(code) if code else "No reason told"


def left_out_lines(left_out: Mapping[str, int]) -> list[Line]:
    """Why people of the audience get nothing, in a fixed order."""
    known = [Line(left_out[code], words) for code, words in reasons.LEFT_OUT.items() if left_out.get(code)]
    return known + [Line(n, reason_words(code)) for code, n in left_out.items() if code not in reasons.LEFT_OUT and n]


def reach_headline(reach: Reach) -> str:
    """The answer to "how many"."""
    if not reach.people:
        return "Nobody is in this audience"
    if reach.mailable == reach.people:
        return f"All {people(reach.people)} may be mailed" if reach.people > 1 else "1 person may be mailed"
    return f"{reach.mailable:,} of {people(reach.people)} may be mailed"
