"""Doors of the privacy app: pages that a link opens, and the privacy APIs."""
