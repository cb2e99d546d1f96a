"""Commands of automation."""
