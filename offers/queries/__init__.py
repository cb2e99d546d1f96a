"""Reads of offers: what is in force, evaluated for a cart, codes and redemptions, prices."""
