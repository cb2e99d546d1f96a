"""Product feeds, from what a shop sends to rows of the catalog: formats, mapping, values, schedule. Pure."""

from commerce.feeds.bodies import MOST_ROWS, BadFeed, rows_of_csv, rows_of_json
from commerce.feeds.items import Item, UnreadableFeed
from commerce.feeds.rows import COLUMNS, TEXTS

__all__ = ["COLUMNS", "MOST_ROWS", "TEXTS", "BadFeed", "Item", "UnreadableFeed", "rows_of_csv", "rows_of_json"]
