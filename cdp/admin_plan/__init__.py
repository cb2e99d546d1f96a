"""The tracking plan's pages in the admin: events and versions, what came undeclared, modes, the data dictionary."""
