"""Lake: the columnar projection of PostgreSQL. In this version only the seam: what a projection is."""
