"""The README's walk, taken in a real Chromium against a running demo: `./run walk`. It writes the README's pictures.

Each step waits for what the README says one sees, and fails by name when it is not seen.
"""
