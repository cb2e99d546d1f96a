"""Placements in the admin: their list, each one's form with its preview as anybody, rules that hold in all of them."""
