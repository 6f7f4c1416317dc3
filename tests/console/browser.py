"""Debian's Chromium for tests and pictures, driven by Playwright: installed when it is missing and that is allowed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests import debian

MISSING = (
    "NO CHROMIUM: the console's page is not tested. Install Debian's chromium, or run as root where apt-get works."
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def is_there() -> bool:
    """Whether Chromium can be run."""
    return debian.is_there("chromium", "chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with an empty profile of its own."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
