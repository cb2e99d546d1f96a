"""Tests of decisions, content and bandits."""
