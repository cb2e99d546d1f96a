"""Segments: a closed rule language over profiles and events, memberships as intervals, kept exact by streaming and by time."""
