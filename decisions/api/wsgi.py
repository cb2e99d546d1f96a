"""The fast lane of POST /v1/decide."""

from typing import Any

from cdp.lib.fast_lane import Application, Headers, lane, query_of
from cdp.lib.open_doors import PRIVATE, texts_of
from decisions.api.views import answer_raw

PATHS = ("/v1/decide", "/v1/decide/")


def decide_first(application: Application) -> Application:
    """`application` behind the lane."""
    return lane(application, "POST", PATHS, _answer, PRIVATE)


def _answer(environ: dict[str, Any], raw: bytes) -> tuple[bytes, Headers]:
    return answer_raw(environ, texts_of(query_of(environ)), raw), ()
