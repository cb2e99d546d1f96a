"""The tests of quarantine, replay, retention, counters and what watches them."""
