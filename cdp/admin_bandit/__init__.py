"""Bandits in the admin: what each place learned, what it plays, and what a candidate would have brought."""
