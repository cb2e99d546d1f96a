"""What is computed of everybody at once from the lake: computed traits, RFM and scores; and clusters worth a segment.

It keeps settings, runs and proposals. The values themselves are segments' (`segments.services.computed`).
"""
