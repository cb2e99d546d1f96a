"""Commands of the commerce app."""
