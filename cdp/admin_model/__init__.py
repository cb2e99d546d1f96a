"""Pages of the recommendation model: its runs and how good each is, what placements earn, what of the catalog is shown,
and two models beside each other.
"""
