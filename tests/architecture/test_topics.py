"""What is published is heard, what is heard is published, and consumers and job kinds exist."""

import ast
import inspect
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from cdp.celery import QUEUES
from cdp.outbox.contracts import Consumer
from cdp.subscriptions import CONSUMERS, JOB_KINDS, PUBLIC_TOPICS
from tests.architecture.source import PRODUCT, calls, python_files, shown, texts_of, tree

SUBSCRIBED = {topic for consumer in CONSUMERS for topic in consumer.topics}


def published() -> dict[str, str]:
    """Topic → the file that publishes it. Every topic is written out in the file that publishes it."""
    found = {}
    for path in python_files(*PRODUCT):
        if shown(path).startswith("cdp/outbox/") or not _imports_publish(path):
            continue
        for call in calls(path, "publish"):
            topics = texts_of(call.args[0]) if call.args else set()
            topics = topics or _handed_to_the_function_around(path, call)
            assert topics, f"{shown(path)}:{call.lineno} publishes a topic that is not written out in this file"
            found.update(dict.fromkeys(topics, shown(path)))
    return found


def _imports_publish(path: Path) -> bool:
    """Offers, contents and places are published too: what counts is the outbox's."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "cdp.outbox.services"
        and any(name.name == "publish" for name in node.names)
        for node in ast.walk(tree(path))
    )


def _handed_to_the_function_around(path: Path, call: ast.Call) -> set[str]:
    """For `def tell(topic, …): publish(topic, …)`, the first arguments of the calls of `tell` in the same file."""
    for function in ast.walk(tree(path)):
        if isinstance(function, ast.FunctionDef) and call in ast.walk(function) and function.args.args:
            first = call.args[0]
            if isinstance(first, ast.Name) and first.id == function.args.args[0].arg:
                return set().union(*(texts_of(made.args[0]) for made in calls(path, function.name) if made.args))
    return set()


def test_every_published_topic_has_a_subscriber_or_is_public() -> None:
    assert {topic: path for topic, path in published().items() if topic not in SUBSCRIBED | PUBLIC_TOPICS.keys()} == {}


def test_no_topic_is_dead() -> None:
    assert (SUBSCRIBED | PUBLIC_TOPICS.keys()) - published().keys() == set()


def test_no_topic_is_both_public_and_subscribed() -> None:
    assert SUBSCRIBED & PUBLIC_TOPICS.keys() == set()


def test_every_public_topic_has_its_reason() -> None:
    assert [topic for topic, reason in PUBLIC_TOPICS.items() if len(reason) < 15] == []


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.name)
def test_every_consumer_has_a_handler_of_its_shape_and_a_queue(consumer: Consumer) -> None:
    parameters = inspect.signature(import_string(consumer.handler)).parameters.values()
    required = [parameter for parameter in parameters if parameter.default is parameter.empty]
    assert len(required) == (1 if consumer.topics else 0)
    assert consumer.queue in QUEUES


@pytest.mark.parametrize("kind", JOB_KINDS)
def test_every_job_kind_has_a_handler(kind: str) -> None:
    assert callable(import_string(JOB_KINDS[kind]))


def test_consumers_have_names_of_their_own() -> None:
    names = [consumer.name for consumer in CONSUMERS]
    assert sorted(names) == sorted(set(names))
