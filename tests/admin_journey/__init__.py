"""Tests of the journeys' pages."""
