"""Pages of uplift: comparisons of learners with a response model, of experiments here and of uploaded logs."""
