"""The automation API: let people into journeys, take them out, and say where they are."""
