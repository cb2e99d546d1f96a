"""Every refusal is a problem document with a stable code; pages get a text; the database away is a 503 to retry."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.problems import Problem

RAISED: dict[str, Exception] = {
    "problem": Problem("out_of_stock", "Out of stock", 409, "Choose another.", [{"field": "id", "reason": "gone"}]),
    "drf404": exceptions.NotFound(),
    "django404": Http404(),
    "throttled": exceptions.Throttled(wait=3),
    "denied": PermissionDenied(),
    "database": OperationalError("could not connect to a.customer@example.com"),
    "database2": InterfaceError(),
    "bug": ZeroDivisionError("a.customer@example.com"),
}


class Line(serializers.Serializer):  # type: ignore[type-arg]
    price = serializers.IntegerField()


class Order(serializers.Serializer):  # type: ignore[type-arg]
    name = serializers.CharField()
    lines = Line(many=True)


class Drf(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request, what: str) -> Response:
        raise RAISED[what].with_traceback(None)

    def post(self, request: Request, what: str) -> Response:
        order = Order(data=request.data)
        order.is_valid(raise_exception=True)
        return Response({})


class Closed(APIView):
    permission_classes = [HasScope("catalog:write")]


class Forgotten(APIView):
    """Names no permission."""

    def get(self, request: Request) -> Response:
        return Response({})


def plain(request: HttpRequest, what: str) -> HttpResponse:
    raise RAISED[what].with_traceback(None)


urlpatterns = [
    path("v1/drf/<what>", Drf.as_view()),
    path("v1/plain/<what>", plain),
    path("page/<what>", plain),
    path("v1/closed", Closed.as_view()),
    path("v1/forgotten", Forgotten.as_view()),
]
handler403 = "cdp.api.problems.forbidden"
handler404 = "cdp.api.problems.not_found"
handler500 = "cdp.api.problems.server_error"


@pytest.fixture
def web(settings: Settings) -> Client:
    settings.ROOT_URLCONF = "tests.api.test_problems"
    settings.DEBUG = False
    return Client(raise_request_exception=False)


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, body["status"]) == (status, status)
    return body


@pytest.mark.parametrize("door", ["drf", "plain"])
def test_a_problem_is_told_as_raised(web: Client, door: str) -> None:
    assert problem(web.get(f"/v1/{door}/problem"), 409) == {
        "type": "/docs/problems#out_of_stock",
        "title": "Out of stock",
        "status": 409,
        "code": "out_of_stock",
        "detail": "Choose another.",
        "errors": [{"field": "id", "reason": "gone"}],
    }


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("drf404", 404, "not_found"),
        ("django404", 404, "not_found"),
        ("denied", 403, "forbidden"),
        ("throttled", 429, "too_many_requests"),
    ],
)
def test_known_exceptions_have_their_codes(web: Client, what: str, status: int, code: str) -> None:
    response = web.get(f"/v1/drf/{what}")
    assert problem(response, status)["code"] == code
    assert response.headers.get("Retry-After") == ("4" if status == 429 else None)


@pytest.mark.parametrize("door", ["drf", "plain"])
@pytest.mark.parametrize("what", ["database", "database2"])
def test_the_database_being_away_is_a_503_to_retry_and_tells_nobodys_data(web: Client, door: str, what: str) -> None:
    response = web.get(f"/v1/{door}/{what}")
    assert problem(response, 503)["code"] == "database_away"
    assert response.headers["Retry-After"] == "5"
    assert b"example.com" not in response.content


@pytest.mark.parametrize("door", ["drf", "plain"])
def test_a_bug_is_a_500_problem_without_its_text(web: Client, door: str) -> None:
    response = web.get(f"/v1/{door}/bug")
    assert problem(response, 500)["code"] == "internal_error"
    assert b"example.com" not in response.content


def test_bad_fields_are_named_by_path(web: Client) -> None:
    response = web.post("/v1/drf/x", {"lines": [{"price": 1}, {"price": "many"}]}, content_type="application/json")
    assert problem(response, 400)["errors"] == [
        {"field": "name", "reason": "required", "detail": "This field is required."},
        {"field": "lines[1].price", "reason": "invalid", "detail": "A valid integer is required."},
    ]


def test_malformed_json_says_so(web: Client) -> None:
    response = web.post("/v1/drf/x", "{", content_type="application/json")
    assert problem(response, 400)["code"] == "malformed_json"


def test_wrong_methods_and_media_types_say_so(web: Client) -> None:
    assert problem(web.delete("/v1/drf/x"), 405)["code"] == "method_not_allowed"
    response = web.post("/v1/drf/x", "a=1", content_type="text/plain")
    assert problem(response, 415)["code"] == "unsupported_media_type"


def test_without_a_key_a_closed_view_asks_for_one(web: Client) -> None:
    response = web.get("/v1/closed")
    assert problem(response, 401)["code"] == "server_key_missing"
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_view_that_names_no_permission_is_closed(web: Client) -> None:
    assert problem(web.get("/v1/forgotten"), 401)["code"] == "server_key_missing"


def test_an_unknown_api_address_is_a_problem_and_an_unknown_page_is_a_page(web: Client) -> None:
    assert problem(web.get("/v1/nothing"), 404)["code"] == "not_found"
    page = web.get("/nothing")
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Check the address" in page.content.decode()


def test_a_page_says_that_its_database_is_away(web: Client) -> None:
    page = web.get("/page/bug")
    assert (page.status_code, "Something went wrong" in page.content.decode()) == (500, True)
