"""Recommendations: models trained from orders and events, and answers that are never empty."""
