"""Offers, their budgets and codes, promotions for a cart, and personalized prices."""
