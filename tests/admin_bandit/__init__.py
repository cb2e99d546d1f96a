"""Pages of bandits."""
