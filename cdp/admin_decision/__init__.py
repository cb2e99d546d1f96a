"""Pages of places that are decided: the list, the grid of a table and the other editors, and trying one out."""
