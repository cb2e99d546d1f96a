"""Tests of the staff groups, the menu, the home page and the tables of a person's page."""
