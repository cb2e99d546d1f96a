"""Programs of a shop's server in Python, run as processes of their own: SDKs start threads and end with atexit."""
