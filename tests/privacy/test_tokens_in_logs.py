"""Tokens in paths are in no log line, whatever is answered: requests are logged by their route."""

import logging

import pytest
from django.test import Client

from cdp.embedded import supervisor
from consent import queries
from privacy.services import mint
from tests.paths import REPO
from tests.privacy.world import JANE, seen

pytestmark = pytest.mark.django_db


def paths() -> list[tuple[str, str]]:
    """(path, token) of every kind of link, genuine and cut off."""
    from cdp.lib.clock import utc_now
    from cdp.lib.hashing import address_hash

    ids = seen(("email", JANE))
    single = mint("held", address_hash=address_hash(JANE), now=utc_now(), facts={"identifier_id": ids["email"]})
    tokens = {
        "p": queries.preferences_token(JANE, ids["email"]),
        "u": queries.unsubscribe_url(JANE, message_id=1).rpartition("/")[2],
        **{f"privacy/{use}": single for use in ("held", "why", "download", "delete", "r", "confirm")},
    }
    whole = [(f"/{folder}/{token}", token) for folder, token in tokens.items()]
    cut = [(path[:-3], token[:-3]) for path, token in whole]
    nowhere = [(f"{path}/{suffix}", token) for path, token in whole[:2] for suffix in ("x", "..%2f")]
    return whole + cut + nowhere


def test_no_token_is_logged(
    client: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    client.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        for path, token in paths():
            for answer in (client.get(path), client.post(path, {"action": "x"}), client.put(path), client.delete(path)):
                assert answer.status_code in (200, 404, 405, 410)
            written = "\n".join((caplog.text, *capfd.readouterr()))
            assert token not in written
    assert "p/<str:token>" in caplog.text


def test_the_web_server_writes_no_access_log() -> None:
    """Granian's would hold the whole path; it is off unless asked for."""
    source = (REPO / "cdp/embedded/supervisor.py").read_text()
    assert supervisor.__name__ == "cdp.embedded.supervisor"
    assert "access-log" not in source
    assert "GRANIAN_" not in source
