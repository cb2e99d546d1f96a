"""Roof and floor of the house: wiring that sees every app (urls, settings, subscriptions) and small parts that see none (lib, outbox, jobs, access)."""
