"""`./run bench recommenders`: how good recommendations are, through the product's own training and serving code.

Baskets (Online Retail II) and visits (RetailRocket). References stand beside every figure, measured in the same run.
"""

from bench import recommenders_baskets, recommenders_sessions


def main() -> None:
    """Measure and print."""
    recommenders_baskets.main()
    recommenders_sessions.main()


if __name__ == "__main__":
    main()
