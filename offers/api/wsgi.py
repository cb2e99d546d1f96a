"""The fast lane of POST /v1/offers/evaluate."""

from typing import Any

from cdp.lib.fast_lane import Application, Headers, lane, query_of
from cdp.lib.open_doors import PRIVATE, keys_of, read_object, texts_of
from offers.api.evaluate import evaluated

PATHS = ("/v1/offers/evaluate", "/v1/offers/evaluate/")


def evaluations_first(application: Application) -> Application:
    """`application` behind the lane."""
    return lane(application, "POST", PATHS, _answer, PRIVATE)


def _answer(environ: dict[str, Any], raw: bytes) -> tuple[bytes, Headers]:
    body = read_object(raw)
    return evaluated(environ, keys_of(texts_of(query_of(environ)), body), body), ()
