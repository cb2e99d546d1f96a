"""What real clients really send: recorded requests replayed, hostile bodies, and who is believed."""
