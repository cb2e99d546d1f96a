"""Every answer carries its request id; lines are worth reading and hold no query, no path, no exception text."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from cdp.lib import logs


class Lines(logging.Handler):
    """Keeps what is written, in the form in which it is written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    handler.addFilter(logs.WithoutPersonalData())
    root = logging.getLogger()
    handler.setFormatter(next(h for h in root.handlers if h.get_name() == "stderr").formatter)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def test_a_given_request_id_comes_back_and_a_bad_one_is_replaced() -> None:
    web = Client()
    assert (
        web.get("/health/live", headers={"X-Request-ID": "trace-12345678"}).headers["X-Request-ID"] == "trace-12345678"
    )
    for bad in ("short", "x" * 65, "a b c d e f g", "évil-évil-évil"):
        given = web.get("/health/live", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert len(given) == 16


def test_successful_api_calls_are_not_logged_one_by_one(lines: Lines) -> None:
    Client().get("/health/live")
    assert lines.lines == []


def test_a_refusal_is_one_json_line_without_path_and_query(lines: Lines) -> None:
    Client().get("/v1/customer@example.com?email=customer@example.com", headers={"X-Request-ID": "trace-12345678"})
    (line,) = [json.loads(line) for line in lines.lines]
    assert (line["event"], line["status"], line["route"]) == ("request", 404, "(no such route)")
    assert line["request_id"] == "trace-12345678"
    assert "example.com" not in str(lines.lines)


def test_an_exception_is_logged_by_class_and_place_only(lines: Lines, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.api.test_problems"
    Client(raise_request_exception=False).get("/v1/plain/bug?email=customer@example.com")
    text = "\n".join(lines.lines)
    assert "ZeroDivisionError in plain, api/test_problems.py" in text
    assert "example.com" not in text


def test_a_failing_celery_task_is_logged_without_its_text(lines: Lines) -> None:
    try:
        raise ValueError("customer@example.com")
    except ValueError as error:
        told = {"name": "cdp.wake", "id": "1", "description": "raised unexpected", "exc": repr(error), "traceback": "…"}
        logging.getLogger("celery.app.trace").error("Task %(name)s %(exc)s", told, exc_info=True)
    (line,) = lines.lines
    assert "ValueError" in line
    assert "example.com" not in line


def test_pages_carry_a_strict_policy_and_api_answers_none() -> None:
    web = Client()
    policy = web.get("/docs/problems").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy + ";"
    assert "Content-Security-Policy" not in web.get("/health/live").headers


@pytest.mark.django_db
def test_the_admins_policy_takes_neither_eval_nor_inline_styles() -> None:
    policy = Client().get("/admin/login/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
    assert "style-src 'self' 'nonce-" in policy


@pytest.mark.django_db
def test_admin_pages_load_nothing_from_elsewhere_and_run_no_inline_script() -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root", password="a long password"))
    for page in ("/admin/", "/admin/jobs/job/", "/admin/outbox/delivery/", "/admin/access/serverkey/add/"):
        html = admin.get(page).content.decode()
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*', html) == [], page
        assert re.findall(r"<script(?![^>]*\b(?:src|type=.application/json))[^>]*>", html) == [], page
        assert re.findall(r"\son(?:click|change|submit|load)=", html) == [], page


def test_no_page_loads_anything_from_elsewhere() -> None:
    html = Client().get("/docs/").content.decode()
    assert "http://" not in html.replace("http://testserver", "")
    assert "https://" not in html
    assert "<script>" not in html
    assert django_settings.STATIC_URL + "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in html
