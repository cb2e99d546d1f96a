"""The tests of alarms."""
