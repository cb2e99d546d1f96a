"""Imports: files read, mapped, checked, imported once, whatever is in them and whoever dies."""
