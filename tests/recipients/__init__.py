"""Tests of recipients: what others are told, when they are not, and where nothing is ever sent."""
