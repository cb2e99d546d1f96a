"""Outbox: topics published in the caller's transaction, a delivery row a subscriber, wakes that make workers look."""
