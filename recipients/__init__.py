"""Recipients: other parties told of people by webhook; the consent gate is asked before every delivery."""
