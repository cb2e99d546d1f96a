"""Commerce: products, and carts and orders as read models refolded from events."""
