"""Places by address: a file of addresses that the test writes itself."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from cdp.lib import env
from events import geoip
from events.cleaning.contexts import shortened
from events.cleaning.ground import Place
from tests.cleaning.mmdb import write_mmdb

BERLIN: dict[str, Any] = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "BE", "names": {"en": "Land Berlin"}}],
    "city": {"names": {"en": "Berlin", "de": "Berlin"}},
    "location": {"time_zone": "Europe/Berlin"},
}


@pytest.mark.parametrize("network", ["203.0.113.0/24", "2001:db8::/32"])
def test_a_place_is_found_by_address(network: str, tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "city.mmdb"
    path.write_bytes(write_mmdb(network, BERLIN))
    settings.GEOIP_DATABASE = str(path)
    locate = geoip.locator()
    assert locate is not None
    inside, outside = ("203.0.113.9", "198.51.100.1") if "." in network else ("2001:db8::9", "2001:db9::1")
    assert locate(inside) == Place("DE", "Land Berlin", "Berlin", "Europe/Berlin")
    assert [locate(ip) for ip in (outside, "", "no address", "999.1.1.1")] == [None] * 4


def test_records_of_other_makers_are_read(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "flat.mmdb"
    path.write_bytes(write_mmdb("203.0.113.0/24", {"country_code": "at", "city": "Wien", "timezone": "Europe/Vienna"}))
    settings.GEOIP_DATABASE = str(path)
    locate = geoip.locator()
    assert locate is not None
    assert locate("203.0.113.9") == Place("AT", "", "Wien", "Europe/Vienna")


def test_without_a_file_nothing_is_looked_up(settings: Settings) -> None:
    settings.GEOIP_DATABASE = ""
    assert geoip.locator() is None


def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.mmdb").write_text("no database")
    for name, says in (("missing.mmdb", "No such file"), ("text.mmdb", "this one is none")):
        monkeypatch.setenv("GEOIP_DATABASE", str(tmp_path / name))
        with pytest.raises(env.BadEnvironment, match=says):
            env.address_file("GEOIP_DATABASE")
    monkeypatch.setenv("GEOIP_DATABASE", "")
    assert env.address_file("GEOIP_DATABASE") == ""
    good = tmp_path / "good.mmdb"
    good.write_bytes(write_mmdb("203.0.113.0/24", BERLIN))
    monkeypatch.setenv("GEOIP_DATABASE", str(good))
    assert env.address_file("GEOIP_DATABASE") == str(good)


@pytest.mark.parametrize(
    ("ip", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("0.0.0.0", "0.0.0.0"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_is_shortened_to_its_network(ip: str, kept: str) -> None:
    assert shortened(ip) == kept
