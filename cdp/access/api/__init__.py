"""Authentication and permissions of the API."""
