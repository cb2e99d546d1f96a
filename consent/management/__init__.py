"""Management of the consent app."""
