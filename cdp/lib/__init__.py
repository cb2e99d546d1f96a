"""The floor's named modules: clock, env, hashing, http errors. Each has one subject; there is no drawer for the rest."""
