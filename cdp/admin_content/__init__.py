"""Content in the admin: blocks, each with its variants, schedule, versions, and how anybody meets it."""
