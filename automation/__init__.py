"""Automation: journeys, enrollments and messages; an e-mail is handed over at most once."""
