"""`make screenshots`: the pictures of the console in docs/pictures, made anew from the sandbox's people, who are the same every time.

Times are replaced by fixed ones, so that a picture changes only when the page or what it shows does.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, Route

from tests.console.browser import MISSING, chromium, is_there
from tests.process import serving

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
STAGES = {"parse": 0.4, "plan": 0.7, "nevisidm": 3.2, "check": 1.9, "shape": 0.2}
SEARCH = "Search: partly pushed, the rest checked here"
COLOURS = 96
LARGE, PHONE = {"width": 1360, "height": 800}, {"width": 360, "height": 740}


def steady(route: Route) -> None:
    """The answer of a run with fixed times."""
    response = route.fetch()
    told: dict[str, Any] = response.json()
    for stage in told.get("stages", ()):
        stage["milliseconds"] = STAGES[stage["stage"]]
    for number, call in enumerate(told.get("run", {}).get("calls", ())):
        call |= {"began": 1.2 + number, "milliseconds": STAGES["nevisidm"]}
    route.fulfill(response=response, json=told)


def request(page: Page) -> None:
    """A search, and the line behind one of its comparisons."""
    page.get_by_label("Example").select_option(label=SEARCH)
    page.wait_for_selector("#answer .json")
    page.locator("#plan [role=tree] .at").last.click()


def mistake(page: Page) -> None:
    """A mapping with a mistake in it."""
    request(page)
    text = page.locator("#text").input_value()
    page.locator("#text").fill(text.replace("idm: user.name.familyName,", "idm: user.name.famliyName,"))
    page.locator("#findings button").click()


def types(page: Page) -> None:
    """The attributes of a user."""
    page.get_by_role("tab", name="Resource types").click()
    page.locator("#type tr", has=page.get_by_text("userName", exact=True)).get_by_role("button").click()


SHOTS = (
    ("console-light", "light", LARGE, request),
    ("console-dark", "dark", LARGE, request),
    ("console-edit", "light", LARGE, mistake),
    ("console-types", "dark", LARGE, types),
    ("console-phone", "light", PHONE, request),
)


def take(browser: Browser, url: str) -> None:
    """All pictures."""
    for name, scheme, size, show in SHOTS:
        context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
        page = context.new_page()
        page.route("**/console/api/run", steady)
        page.goto(f"{url}/console")
        page.wait_for_selector("html[data-ready]")
        show(page)
        if size is PHONE:
            page.evaluate("window.scrollTo(0, 0)")
        page.evaluate("document.activeElement.blur()")
        small(page.screenshot(animations="disabled", caret="hide"), PICTURES / f"{name}.png")
        context.close()


def small(picture: bytes, file: Path) -> None:
    """Write it with a palette: a page has few colours, and a repository keeps every version of a picture."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    """Start a gateway over its sandbox, and take them."""
    if not is_there():
        sys.exit(MISSING)
    PICTURES.mkdir(exist_ok=True)
    with serving("serve", "--port", "0", "--token", "t") as server, chromium() as browser:
        take(browser, server.url)


if __name__ == "__main__":
    main()
