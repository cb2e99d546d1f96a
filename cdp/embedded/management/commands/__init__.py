"""The commands: up, setup_groups, first_admin."""
