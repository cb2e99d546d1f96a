"""The floor's named modules: clock, env, hashing, problems… Each has one subject; there is no drawer for the rest."""
