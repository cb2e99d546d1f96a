"""Cleaning: what trackers send of countries, currencies, phones, locales, zones, agents and arrivals, written one way.

Pure, and a function of the event, its request and its source alone, so that no order of arrival changes what is
stored. What was sent stays in context.original; what cannot be read stays as it was sent, flagged. No item is refused.
"""
