"""Roof and floor of the house.

The roof is wiring that sees every app (urls, settings, subscriptions, api, embedded, demo); the floor is small parts
that see none (lib, outbox, jobs, access).
"""
