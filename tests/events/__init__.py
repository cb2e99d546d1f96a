"""Tests of the events app: the wire, the door, processing, quarantine."""
