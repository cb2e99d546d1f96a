"""Profiles: who a person is.

Identifiers and links are facts; profiles are computed from them and may be recomputed at any time.
"""
