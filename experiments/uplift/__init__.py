"""Who is moved by an offer: learners of uplift beside a response model, compared on people they never saw. Pure."""
