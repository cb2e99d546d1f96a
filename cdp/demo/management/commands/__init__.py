"""The commands simulate, seed_demo, load_online_retail."""
