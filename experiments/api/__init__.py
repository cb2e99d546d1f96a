"""The experiments API: what runs and what it came to, for programs with the scope experiments:read."""
