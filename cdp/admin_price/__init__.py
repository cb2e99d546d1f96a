"""Price lists in the admin: their list, each one's settings, rows, file, versions, and prices as anybody gets them."""
