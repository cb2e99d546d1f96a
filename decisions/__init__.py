"""What a place in the shop shows this person: content, an offer or recommendations, with its reason and its log."""
