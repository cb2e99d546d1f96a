"""The OpenAPI document is fresh, whole, and shown without a CDN."""

import json

from django.test import Client

from cdp.api import openapi
from cdp.api.codes import CODES
from tests.paths import REPO


def test_the_committed_document_is_fresh() -> None:
    kept = (REPO / "docs" / "openapi.json").read_text()
    assert kept == openapi.as_text(openapi.document()), "run `manage.py openapi` and commit docs/openapi.json"


def test_the_served_document_is_the_committed_one() -> None:
    served = Client().get("/v1/openapi.json").json()
    assert served == json.loads((REPO / "docs" / "openapi.json").read_text())


def test_every_call_may_answer_with_a_problem() -> None:
    for path, operations in openapi.document()["paths"].items():
        for method, operation in operations.items():
            assert "default" in operation["responses"], f"{method} {path}"


def test_ingest_is_documented() -> None:
    paths = openapi.document()["paths"]
    assert {"/v1/batch", "/v1/track", "/v1/identify", "/health/ready"} <= paths.keys()


def test_public_forms_are_documented_with_what_opens_them() -> None:
    operation = openapi.document()["paths"]["/v1/consent/signup"]["post"]
    assert operation["security"] == [{"writeKey": []}]
    assert {"202", "default"} == operation["responses"].keys()


def test_the_page_gets_its_script_from_a_file_of_its_own() -> None:
    web = Client()
    page = web.get("/docs/").content.decode()
    assert "/docs/?script=" in page
    script = web.get("/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in script.content.decode()


def test_every_problem_code_is_explained() -> None:
    page = Client().get("/docs/problems").content.decode()
    for code in CODES:
        assert f'id="{code}"' in page
