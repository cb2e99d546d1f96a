"""The simulator: synthetic worlds of shoppers, sent through the public API, and what is true of them.

Pure but for `sending`: the same seed and the same `now` give the same events, message ids and truth. Nothing here asks
the service's own code what is true: the worlds know it because they made it so.
"""
