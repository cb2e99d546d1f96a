"""The README shows the pictures that the walk takes, all of them and no others; the folder holds no more."""

import re

from cdp.demo.walk.__main__ import MOST_BYTES, STEPS
from tests.paths import REPO

PICTURES = REPO / "docs" / "screenshots"


def test_the_readme_shows_each_picture_of_the_walk_and_they_are_small() -> None:
    code = "".join(path.read_text() for path in (REPO / "cdp" / "demo" / "walk").glob("*.py"))
    taken = set(re.findall(r'\.picture\(\w+, "([\w-]+)"\)', code))
    shown = set(re.findall(r"docs/screenshots/([\w-]+)\.webp", (REPO / "README.md").read_text()))
    kept = {path.stem for path in PICTURES.glob("*")}
    assert taken == shown == kept
    assert sum(path.stat().st_size for path in PICTURES.glob("*")) < MOST_BYTES
    assert len({title for title, _ in STEPS}) == len(STEPS)
