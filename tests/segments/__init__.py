"""Tests of segments: the rule language as a pure module, and memberships in a real database."""
