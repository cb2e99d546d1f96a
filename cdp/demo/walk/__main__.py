"""`./run walk [--url URL] [--out FOLDER]`: walks through the running demo and writes the README's pictures."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from cdp.demo.report import read_report
from cdp.demo.walk.at_the_desk import DESK_STEPS
from cdp.demo.walk.in_the_shop import SHOP_STEPS
from cdp.demo.walk.taking import PATIENCE_MS, Walk, WalkFailed
from cdp.demo.walk.way_out import LAST_STEPS

ROOT = Path(__file__).resolve().parents[3]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STEPS = (*SHOP_STEPS, *DESK_STEPS, *LAST_STEPS)
MOST_BYTES = 3_000_000


def main(arguments: list[str]) -> int:
    """The exit code: 0 when every step was as the README says."""
    parser = argparse.ArgumentParser(prog="./run walk", description=__doc__)
    parser.add_argument("--url", default="", help="the demo's address; default: what demo.json says")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots", help="where the pictures go")
    options = parser.parse_args(arguments)
    var_dir = Path(os.environ.get("VAR_DIR") or ROOT / "var")
    report = read_report(var_dir / "demo.json")
    if report is None:
        return _failed(f"{var_dir / 'demo.json'} is not there: start the demo first (./run demo) and leave it running.")
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser:
            return walk_all(Walk((options.url or report.base_url).rstrip("/"), options.out, report, browser), var_dir)
    except WalkFailed as failure:
        return _failed(str(failure))


def walk_all(walk: Walk, var_dir: Path) -> int:
    """Every step in order; the first that fails ends the walk and leaves a picture of what was there instead."""
    expect.set_options(timeout=PATIENCE_MS)
    began = time.monotonic()
    for number, (title, step) in enumerate(STEPS, 1):
        _say(f"▸ {number:>2} {title}")
        try:
            step(walk)
        except (WalkFailed, BrowserError, AssertionError) as failure:
            seen = _what_was_there(walk, var_dir)
            return _failed(f"step {number} ({title}): {str(failure).strip()}\n  what was there instead: {seen}")
    if walk.errors:
        return _failed("the pages logged errors:\n  " + "\n  ".join(dict.fromkeys(walk.errors)))
    size = sum(path.stat().st_size for path in walk.taken)
    if size > MOST_BYTES:
        return _failed(f"the pictures have {size:,} bytes; {MOST_BYTES:,} are allowed in the repository")
    _say(f"▸ {len(walk.taken)} pictures, {size:,} bytes, in {walk.out}; {time.monotonic() - began:.0f} s")
    return 0


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; raises WalkFailed where there is none."""
    named = os.environ.get("CHROMIUM", "")
    program = next((found for name in ((named,) if named else BROWSERS) if (found := shutil.which(name))), None)
    if program is None:
        raise WalkFailed("There is no Chromium on PATH: ./run setup --browser installs it, or name yours in CHROMIUM.")
    options = ["--force-color-profile=srgb", "--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to start as root with it
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


def _what_was_there(walk: Walk, var_dir: Path) -> str:
    """Pictures of every open page."""
    kept = []
    for who, context in walk.contexts.items():
        for number, page in enumerate(context.pages):
            path = var_dir / f"walk-failed-{who}-{number}.png"
            try:
                page.screenshot(path=path)
            except BrowserError:
                continue
            kept.append(f"{path} ({page.url})")
    return "\n    ".join(kept) or "no page"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _failed(why: str) -> int:
    sys.stderr.write(f"✗ {why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
