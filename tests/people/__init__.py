"""Tests of people: the profile API, computed traits, the profile as it stood."""
