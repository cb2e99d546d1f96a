"""Outbox: topics published in the caller's transaction, one delivery row a subscriber, and the wakes that tell workers to look."""
