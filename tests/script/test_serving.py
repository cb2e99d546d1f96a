"""How the script is served: small, pinned by name and hash, readable from every origin; what a source's page says."""

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cdp.script import assembling, snippet
from cdp.script.assembling import current, served
from events.models import Source
from tests.paths import REPO

FOR_EVER = "public, max-age=31536000, immutable"


def test_the_script_is_smaller_than_17_kb_as_served() -> None:
    assert len(current().packed) < 17_000
    assert gzip.decompress(current().packed) == current().body


def test_the_script_leaves_one_name_behind_and_no_comment() -> None:
    text = current().body.decode()
    assert re.findall(r"window\.(\w+) = ", text) == ["cdp"]
    assert text.startswith(f'/* cdp.js {assembling.VERSION} */\n(function () {{\n"use strict";\n')
    assert text.endswith("})();\n")
    assert not re.search(r"^\s*//", text, re.M)


def test_stripping_leaves_every_line_that_does_something() -> None:
    source = "// why\nconst a = 1; // kept\n\n  if (a) {\n    f('// no comment');\n  }\n"
    assert assembling.strip(source) == ["const a = 1; // kept", "if (a) {", "f('// no comment');", "}"]


def test_sources_hold_no_text_or_comment_of_several_lines_which_stripping_would_harm() -> None:
    for name in assembling.PARTS:
        for line in (REPO / "cdp/script/parts" / f"{name}.js").read_text().splitlines():
            assert "/*" not in line
            assert line.count("`") % 2 == 0, line


def test_the_script_is_written_for_browsers_of_2018_but_for_what_is_checked() -> None:
    text = current().body.decode()
    for later in ("?.", "??", "catch {", ".at(", ".flat(", "replaceAll", "#private", "await import"):
        assert later not in text


@pytest.mark.parametrize("encoding", ["", "gzip", "br, gzip;q=0.5"])
def test_the_versioned_name_serves_the_pinned_bytes_for_ever(encoding: str) -> None:
    told = Client().get("/cdp/script.json").json()
    assert re.fullmatch(r"http://testserver/cdp/cdp\.\d+\.\d+\.\d+\.[0-9a-f]{8}\.js", told["url"])
    answer = Client().get(told["url"], headers={"Accept-Encoding": encoding, "Origin": "https://shop.example"})
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == FOR_EVER
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Accept-Encoding" in answer["Vary"]
    assert answer.headers.get("Content-Encoding", "") == ("gzip" if encoding else "")
    body = gzip.decompress(answer.content) if encoding else answer.content
    assert told["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()
    assert told["version"] == assembling.VERSION
    assert f'const VERSION = "{told["version"]}"' in body.decode()


def test_the_alias_is_the_present_version_for_five_minutes() -> None:
    answer = Client().get("/cdp/cdp.js")
    assert answer.content == current().body
    assert answer["Cache-Control"] == "public, max-age=300"
    assert Client().get("/cdp/cdp.js", headers={"Accept-Encoding": "gzip;q=0"}).content == current().body


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_browser_that_has_it_is_told_so(encoding: str) -> None:
    first = Client().get("/cdp/cdp.js", headers={"Accept-Encoding": encoding})
    again = {"Accept-Encoding": encoding, "If-None-Match": f'"old", W/{first["ETag"]}'}
    second = Client().get("/cdp/cdp.js", headers=again)
    assert (second.status_code, second.content, second["ETag"]) == (304, b"", first["ETag"])
    other = {"Accept-Encoding": "" if encoding else "gzip", "If-None-Match": first["ETag"]}
    assert Client().get("/cdp/cdp.js", headers=other).status_code == 200


@pytest.mark.parametrize("path", ["/cdp/cdp.js", "/cdp/script.json", current().path])
def test_other_methods(path: str) -> None:
    assert Client().head(path).status_code == 200
    assert Client().options(path)["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    refused = Client().post(path)
    assert (refused.status_code, refused["Allow"], refused["Access-Control-Allow-Origin"]) == (405, "GET, OPTIONS", "*")


@pytest.mark.parametrize("name", ["cdp.0.9.0.00000000.js", "cdp.js.map", "__init__.py", "..%2fsnippet.py"])
def test_a_name_that_was_never_served_is_not_found(name: str) -> None:
    answer = Client().get(f"/cdp/{name}")
    assert answer.status_code == 404
    if name.startswith("cdp."):
        assert answer.json()["code"] == "not_found"


def test_what_an_earlier_release_served_is_served_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = b"/* cdp.js 0.9.0 */\n"
    name = f"cdp.0.9.0.{hashlib.sha256(old).hexdigest()[:8]}.js"
    (tmp_path / "parts").symlink_to(REPO / "cdp/script/parts")
    (tmp_path / "released").mkdir()
    (tmp_path / "released" / name).write_bytes(old)
    monkeypatch.setattr(assembling, "HERE", tmp_path)
    served.cache_clear()
    try:
        assert set(served()) == {name, current().name}
        assert served()[name].version == "0.9.0"
        assert Client().get(f"/cdp/{name}").content == old
    finally:
        served.cache_clear()


def test_every_released_file_still_has_the_bytes_its_name_says() -> None:
    names = {path.name for path in (REPO / "cdp/script/released").glob("*.js")}
    assert names - set(served()) == set()


def test_the_tag_pins_the_script_and_escapes_what_it_is_given() -> None:
    tag = snippet.script_tag('wk_"><script>', "https://cdp.example")
    assert tag == (
        f'<script async src="https://cdp.example{current().path}" integrity="{current().integrity}"'
        ' crossorigin="anonymous" data-write-key="wk_&quot;&gt;&lt;script&gt;"></script>'
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "says"), [("browser", "integrity=&quot;sha384-"), ("server", "segment.analytics")])
def test_a_sources_page_says_what_to_paste(kind: str, says: str) -> None:
    source = Source.objects.create(name="shop", kind=kind)
    staff = Client()
    staff.force_login(User.objects.create_superuser("boss"))
    page = staff.get(f"/admin/events/source/{source.pk}/change/").content.decode()
    assert says in page
    assert source.write_key in page


def test_the_contract_names_every_call_and_option() -> None:
    contract = (REPO / "docs/cdp-js.md").read_text()
    start = (REPO / "cdp/script/parts/start.js").read_text()
    calls = re.findall(r"^  (\w+)[,:(]", start[start.index("const api = {") :], re.M)
    assert {"track", "consent", "flush"} <= set(calls)
    assert [name for name in calls if f"cdp.{name}" not in contract and f"`{name}`" not in contract] == []
    options = re.findall(r"^  (\w+): ", start[start.index("const options = {") : start.index("const listeners")], re.M)
    assert [name for name in options if f"`{name}`" not in contract] == []
