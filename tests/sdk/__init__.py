"""Real, unmodified SDKs of others (npm packages pinned in package-lock.json) against this service."""
