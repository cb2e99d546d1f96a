"""Writes of audiences: scores and computed traits of everybody, of those who are touched, and proposals."""
