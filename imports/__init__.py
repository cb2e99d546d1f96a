"""Imports: files of people, events, orders and products, mapped, tried dry, and taken in once."""
