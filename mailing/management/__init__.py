"""Management of mailing."""
