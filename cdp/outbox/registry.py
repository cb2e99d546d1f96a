"""The consumers and public topics as the roof declared them, found through settings: the floor imports no app."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from cdp.outbox.contracts import Consumer


class UnknownTopic(LookupError):
    """A topic that nobody subscribes to and that is not declared public."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"topic {topic!r} has no consumer and is not in PUBLIC_TOPICS: add it to cdp/subscriptions.py")


class UnknownConsumer(LookupError):
    """A consumer's name that is not declared."""

    def __init__(self, name: str) -> None:
        super().__init__(f"consumer {name!r} is not declared in cdp/subscriptions.py")


def consumers() -> Mapping[str, Consumer]:
    """Every declared consumer by name."""
    return _consumers(settings.OUTBOX_CONSUMERS)


def consumer(name: str) -> Consumer:
    """The consumer called `name`; raises UnknownConsumer."""
    try:
        return consumers()[name]
    except KeyError:
        raise UnknownConsumer(name) from None


def subscribers(topic: str) -> tuple[Consumer, ...]:
    """Who listens to `topic`; empty for a public topic; raises UnknownTopic."""
    found = _subscribers(settings.OUTBOX_CONSUMERS).get(topic, ())
    if not found and topic not in public_topics():
        raise UnknownTopic(topic)
    return found


def public_topics() -> Mapping[str, str]:
    """Topics published for the outside, with the reason."""
    topics: Mapping[str, str] = import_string(settings.OUTBOX_PUBLIC_TOPICS)
    return topics


@cache
def _consumers(path: str) -> Mapping[str, Consumer]:
    return {declared.name: declared for declared in import_string(path)}


@cache
def _subscribers(path: str) -> Mapping[str, tuple[Consumer, ...]]:
    found: dict[str, tuple[Consumer, ...]] = {}
    for declared in _consumers(path).values():
        for topic in declared.topics:
            found[topic] = (*found.get(topic, ()), declared)
    return found
