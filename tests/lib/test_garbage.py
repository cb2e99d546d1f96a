"""Pausing the collector of cyclic garbage: nested, after errors, and where it was off before."""

import gc

import pytest

from cdp.lib import garbage


def test_the_collector_rests_until_the_outermost_block_ends() -> None:
    """A slice within a slice does not wake it early."""
    with garbage.paused():
        with garbage.paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_does_not_leave_it_paused() -> None:
    """What a slice raises passes through, and the collector works again."""
    with pytest.raises(ValueError, match="broken"), garbage.paused():
        raise ValueError("broken")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    """Whoever turned it off for the process is respected."""
    gc.disable()
    try:
        with garbage.paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
