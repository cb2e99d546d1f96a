"""Journeys in the admin: their list and gallery, the builder, settings, versions, the test run and the back-test."""
