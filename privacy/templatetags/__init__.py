"""Template tags of the privacy pages."""
