"""Tests of the embedded servers and the supervisor."""
