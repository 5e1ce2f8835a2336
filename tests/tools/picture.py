"""Pictures of a report for the README: its head and overview, and its first figure.

    python tests/tools/picture.py report/report.html docs/images

Writes `report-summary.png` and `report-figure.png`. Needs Chromium on this system (see tests/browser).
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(page_file: Path, folder: Path) -> None:
    program = os.environ.get("TASKC_BROWSER") or next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=180_000)
        page = browser.new_page(viewport={"width": 1180, "height": 900})
        page.set_default_timeout(180_000)
        page.goto(page_file.resolve().as_uri())
        first = page.locator("#summary .answer").first.bounding_box()
        assert first is not None
        clip = {"x": 0, "y": 0, "width": 1180, "height": first["y"] + first["height"] + 12}
        page.screenshot(path=folder / "report-summary.png", clip=clip, full_page=True)
        page.locator("#figures figure").first.screenshot(path=folder / "report-figure.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
