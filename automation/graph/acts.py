"""Steps that do something at once: send, set a trait, put on a list, give, tell others, leave. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from automation.graph.place import Place
from automation.graph.step import Sequences, Step

CHANNELS = {"email": "e-mail", "sms": "SMS", "push": "push message"}
ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
MAX_STAFF = 10
MAX_TEXT = 2_000
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Send(Step):
    """A message by a template (its slug)."""

    do: ClassVar[str] = "send"
    takes: ClassVar[Sequence[str]] = ("channel", "template")
    channel: str
    template: str

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        channel = place.choice(raw, "channel", list(CHANNELS), "email")
        return cls(node, place.path, channel, place.slug(raw, "template", "a template"))

    def sentence(self) -> str:
        article = "a" if self.channel == "push" else "an"
        return f"Send {article} {CHANNELS[self.channel]}: “{self.template}”"


@dataclass(frozen=True, slots=True)
class SetTrait(Step):
    """A trait of theirs gets a value; None takes it away."""

    do: ClassVar[str] = "set_trait"
    takes: ClassVar[Sequence[str]] = ("trait", "value")
    trait: str
    value: Value

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        value = raw.get("value")
        if "value" not in raw or not (value is None or isinstance(value, str | int | float | bool)):
            place.at("value").refuse("takes a text, a number, true, false, or null to take the trait away")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            place.at("value").refuse(f"takes a text of at most {MAX_TEXT:,} characters")
        return cls(node, place.path, place.text(raw, "trait", "the name of a trait"), value)

    def sentence(self) -> str:
        return f"Forget the trait {self.trait}" if self.value is None else f"Set {self.trait} to {_said(self.value)}"


@dataclass(frozen=True, slots=True)
class AddToList(Step):
    """They are put on a static list (its slug)."""

    do: ClassVar[str] = "add_to_list"
    takes: ClassVar[Sequence[str]] = ("list",)
    list: str

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        return cls(node, place.path, place.slug(raw, "list", "a list"))

    def sentence(self) -> str:
        return f"Put them on the list “{self.list}”"


@dataclass(frozen=True, slots=True)
class GiveOffer(Step):
    """An offer that mails after it may show: one of ours (its key), which gives each a code of their own, or a title
    and a code that the shop knows."""

    do: ClassVar[str] = "give_offer"
    takes: ClassVar[Sequence[str]] = ("offer", "title", "code", "days")
    offer: str
    title: str
    code: str
    days: int

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        days = place.whole(raw, "days", 1, 365, 7)
        if raw.get("offer"):
            if raw.get("code"):
                place.at("code").refuse("is given by the offer: leave it out")
            offer = place.slug(raw, "offer", "an offer")
            return cls(node, place.path, offer, place.words(raw, "title", most=100), "", days)
        title = place.text(raw, "title", 'what is offered, as in "10 % off"', most=100)
        return cls(node, place.path, "", title, place.words(raw, "code", most=40), days)

    def sentence(self) -> str:
        code = f" with the code {self.code}" if self.code else ", a code each," if self.offer else ""
        return f"Give the offer “{self.offer or self.title}”{code} for {self.days} day{'' if self.days == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Webhook(Step):
    """Another system is told (the id of a recipient)."""

    do: ClassVar[str] = "webhook"
    takes: ClassVar[Sequence[str]] = ("endpoint", "name")
    endpoint: int
    name: str

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        endpoint = place.whole(raw, "endpoint", 1, 2**31 - 1)
        return cls(node, place.path, endpoint, place.words(raw, "name", most=100))

    def sentence(self) -> str:
        return f"Tell another system: {f'“{self.name}”' if self.name else f'recipient {self.endpoint}'}"


@dataclass(frozen=True, slots=True)
class NotifyStaff(Step):
    """Staff get a mail with a link to the person."""

    do: ClassVar[str] = "notify_staff"
    takes: ClassVar[Sequence[str]] = ("to", "text")
    to: tuple[str, ...]
    text: str

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        to = raw.get("to")
        if not isinstance(to, list) or not 0 < len(to) <= MAX_STAFF or any(not _is_address(one) for one in to):
            place.at("to").refuse(f"takes a list of 1 to {MAX_STAFF} e-mail addresses of your staff")
        return cls(node, place.path, tuple(to), place.text(raw, "text", "what to tell them", most=MAX_TEXT))

    def sentence(self) -> str:
        return f"Tell {', '.join(self.to)}: {self.text}"


@dataclass(frozen=True, slots=True)
class Exit(Step):
    """The journey ends here."""

    do: ClassVar[str] = "exit"
    takes: ClassVar[Sequence[str]] = ("label",)
    label: str

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        return cls(node, place.path, place.words(raw, "label", most=100))

    def sentence(self) -> str:
        return f"Leave the journey: {self.label}" if self.label else "Leave the journey"


def _is_address(raw: object) -> bool:
    return isinstance(raw, str) and len(raw) <= 254 and ADDRESS.fullmatch(raw) is not None


def _said(value: Value) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"“{value}”"
