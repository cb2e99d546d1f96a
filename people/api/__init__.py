"""The profile API: doors that parse, make one call, and shape the answer."""
