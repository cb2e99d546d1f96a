"""The words of each letter, in the reader's language: what happened, one link if there is one, and what it is good for.

Pure: facts and words in, sentences out. The letter's template escapes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from privacy.words import Words, msg


@dataclass(frozen=True, slots=True)
class LetterText:
    """One letter. `action` names the button to `url`; `after` stands below it."""

    subject: str
    title: str
    paragraphs: tuple[str, ...]
    action: str = ""
    url: str = ""
    after: tuple[str, ...] = ()


# What was asked, as it stands in a sentence's place of its own.
ASKED: Mapping[str, str] = {
    "access": msg("A copy of your data"),
    "rectify": msg("Correction of your data"),
    "erase": msg("Deletion of your data"),
    "restrict": msg("Restriction of the use of your data"),
    "unrestrict": msg("End of the restriction of your data"),
    "object": msg("Objection to the use of your data"),
    "opt_out": msg("No sale or sharing of your data"),
}
# use of a link → (subject, first sentence, button)
LINKS: Mapping[str, tuple[str, str, str]] = {
    "verify": (
        msg("Please confirm your request to {company}"),
        msg("Somebody, we think you, made a privacy request with this e-mail address: {asked}."),
        msg("Confirm the request"),
    ),
    "delete": (
        msg("Please confirm: delete my data at {company}"),
        msg("Somebody, we think you, asked us to delete all data of this e-mail address."),
        msg("See what will be deleted"),
    ),
    "held": (
        msg("Your link: what {company} holds about you"),
        msg("You asked to see what we hold about you."),
        msg("See what is held"),
    ),
    "why": (
        msg("Your link: why {company} shows you what it shows"),
        msg("You asked why you see what you see."),
        msg("See why"),
    ),
    "download": (
        msg("Your link: download your data from {company}"),
        msg("You asked for another link to download the copy of your data."),
        msg("Download my data"),
    ),
}
DONE: Mapping[str, str] = {
    "rectify": msg("We have corrected your data as you asked, and told everybody who had got it from us."),
    "erase": msg("We have deleted your data in all our systems for customer data, and told everybody who had got it."),
    "restrict": msg("We keep your data but do not use it any more, until you tell us otherwise."),
    "unrestrict": msg("The restriction has ended: we use your data again as your choices allow."),
    "object": msg("We do not use your data any more for the purposes you objected to."),
    "opt_out": msg("We do not sell or share your data with third parties any more."),
}


def letter_text(say: Words, kind: str, facts: Mapping[str, Any], url: str) -> LetterText:
    """The letter of this kind. `facts`: company, of a request kind, reason and due_at, of a link its use."""
    company = str(facts["company"])
    asked = say(ASKED.get(str(facts.get("kind", "")), ASKED["access"]))
    if kind == "confirm":
        return _confirm(say, company, facts, url)
    if kind == "link":
        return _link(say, company, asked, str(facts["use"]), url)
    if kind == "export_ready":
        return _ready(say, company, url)
    if kind == "refused":
        return _reasoned(
            say,
            say("About your privacy request to {company}", company=company),
            say("We cannot do what you asked"),
            (
                say("You asked: {asked}.", asked=asked),
                say("We have to decline, for this reason:"),
                str(facts["reason"]),
            ),
            say("You may complain to a data protection authority, or go to court."),
        )
    if kind == "extended":
        return _reasoned(
            say,
            say("Your privacy request to {company} takes longer", company=company),
            say("Your request takes longer"),
            (
                say("You asked: {asked}.", asked=asked),
                say("We need more time, for this reason:"),
                str(facts["reason"]),
                say("You will have our answer by {day}.", day=say.day(_day(facts["due_at"]))),
            ),
            say("You may complain to a data protection authority, or go to court."),
        )
    return _reasoned(
        say,
        say("Done: your privacy request to {company}", company=company),
        say("Your request is done"),
        (say("You asked: {asked}.", asked=asked), say(DONE.get(str(facts.get("kind", "")), DONE["opt_out"]))),
        "",
    )


def _confirm(say: Words, company: str, facts: Mapping[str, Any], url: str) -> LetterText:
    return LetterText(
        subject=say("Please confirm your sign-up with {company}", company=company),
        title=say("Please confirm your sign-up"),
        paragraphs=(
            say("Somebody, we think you, asked {company} to write to this e-mail address:", company=company),
            *(f"“{title}”" for title in facts.get("titles", ())),
            say("The page behind this link shows the exact words and asks for your yes. The link works for 7 days."),
        ),
        action=say("See and confirm"),
        url=url,
        after=(say("If it was not you, do nothing: without your yes you get no such mail."),),
    )


def _link(say: Words, company: str, asked: str, use: str, url: str) -> LetterText:
    subject, first, action = LINKS[use]
    return LetterText(
        subject=say(subject, company=company),
        title=say(action),
        paragraphs=(
            say(first, asked=asked),
            say("The link works once, for 30 minutes. Nothing happens before you press the button on its page."),
        ),
        action=say(action),
        url=url,
        after=(say("If it was not you, do nothing: nobody else can use the link, and nothing is changed."),),
    )


def _ready(say: Words, company: str, url: str) -> LetterText:
    return LetterText(
        subject=say("Your data from {company} is ready", company=company),
        title=say("The copy of your data is ready"),
        paragraphs=(
            say("It is one ZIP file: pages you can read, and the same as JSON files for programs."),
            say("The link works once, for 30 minutes. After that its page sends you another, for 7 days."),
        ),
        action=say("Download my data"),
        url=url,
        after=(say("Keep the file safe: it holds everything we know about you."),),
    )


def _reasoned(say: Words, subject: str, title: str, paragraphs: tuple[str, ...], after: str) -> LetterText:
    own = (say("If you have questions, just reply to this e-mail."),)
    return LetterText(subject, title, paragraphs, after=(after, *own) if after else own)


def _day(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
