"""Segments: a closed rule language over profiles and events, memberships as intervals, exact at every instant."""
