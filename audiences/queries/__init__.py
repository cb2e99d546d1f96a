"""Reads of audiences: what the lake says of everybody or PostgreSQL of some people, by one and the same statement."""
