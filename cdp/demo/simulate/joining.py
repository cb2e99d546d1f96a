"""Signing up, answering the banner, saying yes and no to the newsletter, and thinking better of it. Pure."""

from collections.abc import Mapping

from cdp.demo.simulate import clocks, telling
from cdp.demo.simulate.clocks import DAY, SECOND
from cdp.demo.simulate.households import Browser
from cdp.demo.simulate.story import Story, ids
from cdp.demo.simulate.visit import Visit

PREFERENCES = "Segment Consent Preference Updated"
EMAIL = "email_marketing"
PURPOSES = {"analytics": "analytics", "personalization": "personalization", "advertising": "third_party_sharing"}


def join(story: Story, at: int) -> None:
    """The backend's identify when somebody signs in for the first time, and what they say to the newsletter."""
    if story.joined_at is not None:
        return
    member, place = story.member, story.household.place
    story.joined_at = at
    traits = {
        "email": member.email,
        "firstName": member.first,
        "lastName": member.last,
        "country": place.country,
        "city": place.city,
        "timezone": place.zone,
        "synthetic": "yes",
    }
    context: dict[str, object] = dict(telling.SERVER)
    story.sees(("user_id", member.user_id), ("email", member.email))
    if member.loyalty_id is not None:
        card = {"id": member.loyalty_id, "type": "loyalty_id", "collection": "users", "encoding": "none"}
        context["externalIds"] = [card]
        story.sees(("user_id", member.user_id), ("email", member.email), ("loyalty_id", member.loyalty_id))
    story.serve(at, story.teller.identify(at - 2 * SECOND, {"userId": member.user_id}, traits, context))
    _newsletter(story, at - SECOND, {"userId": member.user_id})


def answer_newsletter_as_guest(story: Story, at: int, browser: Browser) -> None:
    """What a guest says to the newsletter when they order for the first time."""
    if _newsletter(story, at, ids(browser, None)):
        story.sees(("email", story.member.email), ("anonymous_id", browser.anonymous_id))


def answer_banner(visit: Visit) -> None:
    """On the first visit with each browser, where there is anything to say."""
    story, browser = visit.story, visit.browser
    choices = story.member.choices.banner
    if not choices or browser.anonymous_id in story.answered:
        return
    story.answered.add(browser.anonymous_id)
    visit.passes(1, 8)
    context = telling.with_choices(visit.context, choices)
    who = ids(browser, visit.user_id)
    visit.items.append(story.teller.track(PREFERENCES, visit.at, who, {}, context))
    story.sees_browser(browser, signed_in=visit.user_id is not None)
    kind, value = ("user_id", visit.user_id) if visit.user_id is not None else ("anonymous_id", browser.anonymous_id)
    for category, allowed in choices.items():
        story.says(visit.at, PURPOSES[category], "granted" if allowed else "denied", (kind, value))


def _newsletter(story: Story, at: int, who: Mapping[str, str]) -> bool:
    """The first word on the newsletter and, with the days, the second and third, as far as they lie in the past.

    False when there is nothing to say.
    """
    choices = story.member.choices
    if choices.email is None or story.email_said_at is not None:
        return False
    story.email_said_at = at
    _says(story, at, who, allowed=choices.email)
    if choices.withdraws_after is not None:
        at += choices.withdraws_after * DAY + clocks.HOUR
        if at < story.run.now and not story.run.is_live:
            _withdraws(story, at, who)
            at += (choices.returns_after or 0) * DAY
            if choices.returns_after is not None and at < story.run.now:
                _says(story, at, who, allowed=True)
    return True


def _says(story: Story, at: int, who: Mapping[str, str], *, allowed: bool) -> None:
    story.says(at, EMAIL, "granted" if allowed else "denied", address=story.member.email)
    context = telling.with_choices(telling.SERVER, {EMAIL: allowed})
    story.serve(at, story.teller.track(PREFERENCES, at, who, {"email": story.member.email}, context))


def _withdraws(story: Story, at: int, who: Mapping[str, str]) -> None:
    if not story.member.choices.by_link:
        _says(story, at, who, allowed=False)
        return
    story.says(at, EMAIL, "withdrawn", address=story.member.email)
    story.serve(at, story.teller.track("Unsubscribed", at, who, {"email": story.member.email}))
