"""Experiments in the admin: their list, the editor with its calculator, results one can trust at a glance, A/A."""
