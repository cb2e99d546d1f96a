"""The tests of the live view and of the pages of quarantine, counters and replay."""
