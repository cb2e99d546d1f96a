"""Faults under load: kills, flushes, an independent auditor, and the controls it must catch."""
