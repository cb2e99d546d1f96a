"""The lines of the assortment, a file a group of departments: every product by name, brand and price. Pure."""

from cdp.demo.catalog.ranges.camp import CAMP
from cdp.demo.catalog.ranges.home import HOME
from cdp.demo.catalog.ranges.kinds import Kind
from cdp.demo.catalog.ranges.table import TABLE
from cdp.demo.catalog.ranges.trail import TRAIL

KINDS: tuple[Kind, ...] = (*TRAIL, *CAMP, *HOME, *TABLE)

__all__ = ["KINDS", "Kind"]
