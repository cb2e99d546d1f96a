"""segment-analytics-python as a shop's server uses it: host, write key, product as JSON, and "gzip" to pack."""

import json
import sys

import segment.analytics as analytics

errors: list[object] = []
host, write_key, product, packing = sys.argv[1:]
analytics.write_key = write_key
analytics.host = host
analytics.gzip = packing == "gzip"
analytics.on_error = lambda error, items: errors.append(error)

analytics.identify("ada", {"email": "ada@example.com", "plan": "gold"}, anonymous_id="laptop-1")
analytics.track("ada", "Completed Order", {"order_id": "o-1", "total": 39.5, "products": [json.loads(product)]})
analytics.track("ada", "Product Added", {"cart_id": "cart-1", **json.loads(product)})
analytics.page("ada", "Shop", "Home", {"url": "https://shop.example/"})
analytics.screen(anonymous_id="phone-1", name="Start")
analytics.group("ada", "team-1", {"name": "Team"})
analytics.alias("tablet-1", "ada")
analytics.shutdown()
sys.exit(f"SDK error {errors}" if errors else 0)
