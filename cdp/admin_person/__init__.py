"""One person's page in the admin, gathered from every app: who it is, what they did, and why we do what we do."""
