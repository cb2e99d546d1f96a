"""The read side of a segment's page: its rule as a sentence, its size over time, who is in it, its versions."""
