"""Alarms: what staff must know of, raised once, counted while it lasts, cleared when it is over."""
