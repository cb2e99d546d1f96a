"""Laws of the whole: order, duplicates, batches and workers change nothing; worlds against their ground truth."""
