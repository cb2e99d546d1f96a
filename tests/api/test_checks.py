"""A demo is not deployed by accident."""

from pytest_django import Settings

from cdp import checks


def test_deploying_a_demo_is_refused(settings: Settings) -> None:
    settings.DEMO = True
    assert [error.id for error in checks.no_demo_outside(None)] == ["cdp.E001"]
    settings.DEMO = False
    assert checks.no_demo_outside(None) == []


def test_deploying_for_any_host_is_refused(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert [error.id for error in checks.hosts_are_named(None)] == ["cdp.E002"]
    settings.ALLOWED_HOSTS = ["cdp.shop.example"]
    assert checks.hosts_are_named(None) == []
