"""Every main page of the admin under a strict policy: no inline style, handler or script, and no `unsafe-` anything."""

import base64
import gzip
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from automation.services import ensure_default_journeys
from cdp.lib.style_hashes import style_source, styles_of
from events.models import Source
from recommendations.models import ModelRun
from tests.admin_home.test_home import NOW, played
from tests.paths import REPO

pytestmark = pytest.mark.django_db
PAGES = ["/", "/docs/", "/docs/problems", "/admin/", "/admin/?period=30d", "/admin/login/", "/nowhere"]
SYSTEM = ["subscriptions", "projections"]


class Inline(HTMLParser):
    """Collects what a strict policy refuses. `nonce`: the page's own."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce = nonce
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name == "style" or name.startswith("on")]
        self.found += [f"{tag} {name}={value}" for name, value in attrs if (value or "").startswith("javascript:")]
        if tag == "style" and named.get("nonce") != self.nonce:
            self.found.append("style without the nonce")
        if tag == "script" and not named.get("src") and named.get("type") != "application/json":
            self.found.append("inline script")


def lists() -> list[str]:
    names = [model._meta for model in admin.site._registry]
    return [reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") for meta in names]


def changes() -> list[str]:
    """A page of one row of every model that has rows."""
    urls = []
    for model in admin.site._registry:
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            urls.append(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk]))
    return urls


def test_no_page_has_inline_styles_handlers_or_scripts() -> None:
    world = played()
    world.segment({"all": []})
    ensure_default_journeys()
    ModelRun.objects.create(params={"a": 1}, metrics={}, trained_until=NOW, people=1, products=1, interactions=1)
    Source.objects.create(name="pages", kind="browser")
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    tabs = [
        f"{url}?tab={tab}"
        for url in changes()
        if "/profiles/profile/" in url
        for tab in ("segments", "traits", "identity")
    ]
    adds = [
        reverse(f"admin:{name}_add") for name in ("segments_segment", "events_source", "access_serverkey", "auth_user")
    ]
    system = [f"/admin/system/{name}/" for name in SYSTEM]
    refused = {}
    for url in [*PAGES, *lists(), *changes(), *tabs, *adds, *system]:
        page = client.get(url)
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, url
        nonce = re.search(r"'nonce-([^']+)'", policy)
        reader = Inline(nonce[1] if nonce else "")
        reader.feed(page.text)
        if reader.found or page.status_code not in (200, 302, 404):
            refused[url] = (page.status_code, reader.found)
    assert refused == {}


def test_the_policy_of_settings_names_nothing_unsafe() -> None:
    assert "unsafe" not in str(settings.CONTENT_SECURITY_POLICY)


def hashed(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_a_document_may_use_its_own_styles_and_no_other() -> None:
    html = '<style>p{color:red}</style><p style="margin:0">x</p><p style="margin:0">y</p>'
    expected = ["'unsafe-hashes'", *(f"'sha256-{hashed(text)}'" for text in ("p{color:red}", "margin:0"))]
    assert style_source(html).split() == expected
    assert style_source("<p>plain</p>") == "'none'"


@pytest.mark.parametrize(
    ("html", "styles"),
    [
        ("<STYLE type=text/css>\r\np{}\r</STYLE >", ("\np{}\n",)),
        ("<p STYLE='a:\"b\"\r\nc' style=twice>x", ('a:"b"\nc',)),
        ('<i style="q:&quot;z&quot;&#13;"/><br style=a:b/>', ('q:"z"\r', "a:b/")),
        ('<!--[if mso]><p style="no"><![endif]--><![if x]><p style="yes"><![bogus[', ("yes",)),
        ("<title><p style=no></title><script>'<p style=no>'</script><p style=\"\">", ()),
        ("<style>p{}", ("p{}",)),
    ],
)
def test_styles_are_read_as_a_browser_reads_them(html: str, styles: tuple[str, ...]) -> None:
    assert styles_of(html) == styles


@pytest.mark.parametrize("name", ["chart.js", "alpinejs-csp"])
def test_what_is_vendored_says_its_version_and_license(name: str) -> None:
    folder = REPO / "cdp" / "static" / "vendor" / name
    assert re.search(r"\d+\.\d+\.\d+ from npm.*MIT", (folder / "VERSION").read_text())
    assert [path.name for path in folder.glob("LICENSE*")]


def test_a_home_page_loads_less_than_200_kB_of_scripts() -> None:
    """As they are sent: compressed."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    scripts = re.findall(r'<script[^>]* src="/static/([^"]+)"', client.get("/admin/").text)
    sizes = {name: len(gzip.compress(Path(str(finders.find(name))).read_bytes())) for name in scripts}
    assert "vendor/chart.js/chart.umd.min.js" in sizes
    assert sum(sizes.values()) < 200_000
