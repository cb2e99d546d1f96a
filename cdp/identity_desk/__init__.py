"""The identity desk of the admin: the graph of who is who, un-merge, never link, and the journals of both."""
