"""Management commands of profiles."""
