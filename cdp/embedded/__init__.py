"""Embedded servers (a real PostgreSQL and a real Valkey from wheels) and the supervisor that keeps all processes up."""
