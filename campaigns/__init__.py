"""Campaigns: one mail to a frozen audience, each person in their own time zone, at most once."""
