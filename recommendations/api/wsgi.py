"""The fast lane of GET /v1/recommendations."""

from typing import Any

from cdp.lib.fast_lane import Application, Headers, lane, query_of
from recommendations.api.views import ID_HEADER, PRIVATE, answer_query

PATHS = ("/v1/recommendations", "/v1/recommendations/")


def recommendations_first(application: Application) -> Application:
    """`application` behind the lane."""
    return lane(application, "GET", PATHS, _answer, PRIVATE)


def _answer(environ: dict[str, Any], raw: bytes) -> tuple[bytes, Headers]:
    body, answer_id = answer_query(environ, query_of(environ))
    return body, ((ID_HEADER, answer_id),)
