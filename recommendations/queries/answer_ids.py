"""Ids of answers under this service's own key: made with an answer, read from whoever sends one back."""

import os
from datetime import datetime

import experiments.queries
from cdp.lib.hashing import keyed_hash
from recommendations import ids
from recommendations.contracts import Answer


def new_id(answer: Answer, unit: bytes, now: datetime, *, placement: str = "") -> str:
    """The id of an answer given now. `unit`: what the request was split by; it counts where the answer has a side."""
    return ids.make(
        nonce=os.urandom(ids.NONCE_BYTES),
        placement=placement or answer.placement or f"{ids.API}{answer.strategy}",
        variant=answer.variant,
        model_run=answer.model_run,
        served_at=now,
        products=[item.product_id for item in answer.items],
        unit=experiments.queries.unit_hash(unit) if answer.variant else b"",
        key=_key(),
    )


def read_id(text: object, now: datetime) -> ids.AnswerId:
    """What an id of ours says; raises `ids.BadIdError`."""
    return ids.read(text, key=_key(), now=now)


def _key() -> bytes:
    """Of HASH_SALT, as all hashes are: ids live and die with it."""
    return keyed_hash("answer-id")
