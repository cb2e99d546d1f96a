"""The door to the tracking plan for programs: the data dictionary as JSON."""
