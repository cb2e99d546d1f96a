"""What the preference center says of laws, switches and locks, in sentences of a language. Pure."""

from dataclasses import dataclass

from privacy import preferences as center
from privacy.preferences import Center, Switch
from privacy.words import Words, msg

LAWS = {
    "gdpr": msg(
        "The data protection law of Europe (GDPR) applies to you: what needs your consent happens only after your yes, "
        "and you can take it back at any time."
    ),
    "ccpa": msg(
        "The privacy law of your state, such as the CCPA of California, applies to you: you can say no to the sale and "
        "sharing of your data and to marketing at any time, and nobody may treat you worse for it."
    ),
    "can_spam": msg(
        "The law of the United States on e-mail (CAN-SPAM) applies to you: we may write to you until you say no, and a "
        "no holds for good."
    ),
    "other": msg("Where you live we ask for your consent before we write to you; everything else you can refuse."),
}
FOUND_BY = {
    "country": msg("We go by the country you told us."),
    "address": msg("We go by your postal address."),
    "time_zone": msg("We go by the time zone of your device."),
    "default": msg("We do not know where you live, so we keep to the law we take for everybody."),
}
STANDS = {
    center.DEFAULT_ON: msg("You have not said anything yet: on until you say no."),
    center.DEFAULT_OFF: msg("You have not said anything yet: off until you say yes."),
    center.SAID_YES: msg("You said yes on {day}."),
    center.SAID_NO: msg("You said no on {day}."),
    center.PENDING: msg("Waiting for you: please press the button in the e-mail we sent you to confirm."),
    center.EXPIRED: msg("Your yes is so old that it no longer counts: off until you say yes again."),
    center.ELSEWHERE: msg(
        "Refused in your account or on one of your devices, so it stays off there and for you as a whole."
    ),
    center.AS_PARENT: "",
}
LOCKED = {
    center.COMPLAINT: msg(
        "This address reported one of our e-mails as spam, so we write no more marketing to it. A link cannot change "
        "that: please contact us if you want our e-mails again."
    ),
    center.HARD_BOUNCE: msg(
        "E-mails to this address came back, so we no longer send any. A link cannot change that: please contact us if "
        "the address works again."
    ),
    center.STAFF: msg("We noted this for you when you contacted us. Please contact us again to change it."),
    center.RESTRICTED: msg("At your request we do not use your data at the moment."),
}
CLOSED = {
    center.RESTRICTED: (
        msg("The use of your data is restricted"),
        msg(
            "You asked us not to use your data, and we keep to it: what stands below has no effect until you tell us "
            "that we may use it again. Please contact us to do so."
        ),
    ),
    center.ERASED: (
        msg("There is nothing to choose here"),
        msg(
            "Data about this address was deleted, and we do not write to it. If you want to hear from us again, please "
            "sign up in our shop."
        ),
    ),
}
FREQUENCIES = {
    center.ALL: (msg("As they come"), msg("Every e-mail you chose above.")),
    center.WEEKLY: (msg("At most one a week"), ""),
    center.MONTHLY: (msg("At most one a month"), ""),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One of several to choose from."""

    code: str
    title: str
    text: str


def law(say: Words, page: Center) -> tuple[str, str]:
    """(what the law says in a sentence, how we know that it is this one)."""
    return say(LAWS.get(page.regime, LAWS["other"])), say(FOUND_BY.get(page.regime_by, FOUND_BY["default"]))


def stands(say: Words, switch: Switch) -> str:
    """What is known of a switch; empty where nothing is to be said."""
    if switch.lock and switch.lock in LOCKED:
        return say(LOCKED[switch.lock])
    pattern = STANDS.get(switch.says, "")
    if not pattern or ("{day}" in pattern and switch.since is None):
        return ""
    return say(pattern, day=say.day(switch.since)) if switch.since is not None else say(pattern)


def closed(say: Words, page: Center) -> tuple[str, str] | None:
    """(headline, sentence) where nothing can be changed."""
    words = CLOSED.get(page.closed)
    return (say(words[0]), say(words[1])) if words else None


def frequencies(say: Words) -> tuple[Option, ...]:
    """How often mail may come."""
    return tuple(Option(code, say(title), say(text) if text else "") for code, (title, text) in FREQUENCIES.items())


def headings(say: Words) -> dict[str, str]:
    """{place: words} of headings and buttons, for pages that show the preference center themselves."""
    return {
        "title": say("Your choices"),
        "messages": say("Messages from us"),
        "uses": say("How we use your data"),
        "frequency": say("How often?"),
        "pause": say("Take a break for 30 days"),
        "pause_text": say("No marketing e-mails in that time; afterwards they come as before."),
        "language": say("Language"),
        "save": say("Save my choices"),
        "stop_all": say("Stop all marketing"),
        "saved": say("Your choices are saved"),
        "nothing": say("Nothing was changed"),
        "failed": say("That could not be saved. Please try again."),
        "waiting": say("What needs your confirmation begins once you press the button in the e-mail we sent you."),
    }
