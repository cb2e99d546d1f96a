"""Tests of the privacy app."""
