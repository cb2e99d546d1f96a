"""The README's walk: what it says when it cannot be taken, and its pictures. The walk itself needs a running demo."""
