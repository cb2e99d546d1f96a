"""Writes of campaigns."""

from campaigns.services.running import run_slice

__all__ = ["run_slice"]
