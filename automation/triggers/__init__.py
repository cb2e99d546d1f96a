"""When a journey's trigger comes true: what counts as fresh, on which day and instant, and the name of each occasion.

Pure. What a journey says of its trigger stands in `automation.graph.triggers`.
"""
