"""Consent: what we may do. An append-only ledger, suppressions, tombstones, and the one gate asked at every use."""
