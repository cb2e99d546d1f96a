"""Doors of mail: links of mails that people follow, and what providers report."""
