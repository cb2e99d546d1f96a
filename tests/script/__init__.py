"""Tests of cdp.js: in a real Chromium against a sink on this machine, and of how it is served."""
