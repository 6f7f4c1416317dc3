"""The console's page in a real Chromium: what is seen, done by mouse, by keyboard and on a phone, and what never leaves the gateway."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.console.browser import MISSING, chromium, is_there
from tests.process import ROOT, Server, environment, serving

HEADERS = {"Authorization": "Bearer t"}
PARTLY = "Search: partly pushed, the rest checked here"
VIEWS = ("request", "types", "live")


@dataclass
class Seen:
    """What the browser did besides showing: where it asked, and what it complained of."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def request(self, request: Request) -> None:
        self.asked.append(request.url)

    def message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A gateway over its sandbox, as a person starts it."""
    if not is_there():
        pytest.skip(MISSING)
    with serving("serve", "--port", "0", "--token", "t") as running:
        yield running


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Browser]:
    """One browser for all of it."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture(scope="module")
def tab(browser: Browser, seen: Seen) -> Iterator[Page]:
    """One tab, which tests load anew."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light", locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("request", seen.request)
    page.on("console", seen.message)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    yield page
    context.close()


@pytest.fixture
def page(tab: Page, server: Server) -> Page:
    """The page, ready and untouched, on a large light screen."""
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.emulate_media(color_scheme="light")
    return opened(tab, server)


def opened(page: Page, server: Server) -> Page:
    page.goto(f"{server.url}/console")
    page.wait_for_selector("html[data-ready]")
    return page


def pick(page: Page, title: str) -> None:
    page.get_by_label("Example").select_option(label=title)
    page.wait_for_selector("#answer .json")


def fate(page: Page, text: str) -> str:
    """What the tree says of a comparison."""
    label = page.locator(f'[role=treeitem][aria-label^="{text}"]').first.get_attribute("aria-label")
    return str(label).partition(": ")[2]


def edit(page: Page, old: str, new: str) -> None:
    text = page.locator("#text").input_value()
    assert old in text
    page.locator("#text").fill(text.replace(old, new))


def test_the_server_says_where_the_console_is(server: Server) -> None:
    assert f"Console: {server.url}/console" in server.said


def test_the_demonstration_serves_it_too() -> None:
    demo = [sys.executable, "-u", "-m", "gateway.demo", "--port", "0"]
    with subprocess.Popen(demo, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            console = next(line.split()[1] for line in process.stdout if line.startswith("Console:"))
            assert '<script type="module"' in httpx.get(console).text
        finally:
            process.terminate()


def test_an_example_is_told_from_its_filter_to_its_answer_with_the_lines_behind_it(page: Page) -> None:
    pick(page, PARTLY)
    assert fate(page, "active eq true") == "pushed on list"
    assert fate(page, 'userName eq \\"bjensen\\"') == "checked here on list"
    assert fate(page, "and") == "pushed in part on list"
    expect(page.locator("#plan")).to_contain_text("→ userState=active")
    call = page.locator("#calls .call").first
    expect(call).to_contain_text("/core/v1/clients/100/users?userState=active")
    expect(call.locator(".bodies")).to_contain_text('"loginId"')
    expect(page.locator("#answer")).to_contain_text('"totalResults": 2')
    expect(page.locator("#code")).to_contain_text("200")
    stages = [each.get_attribute("data-stage") for each in page.locator("[data-stage]").all()]
    assert stages == ["parse", "plan", "nevisidm", "check", "shape"]
    assert all(part.bounding_box()["width"] > 0 for part in page.locator(".track i").all())  # type: ignore[index]

    page.locator("#answer button.k", has_text='"userName"').first.click()
    expect(page.locator(".row.here")).to_contain_text("userName:")
    expect(page.locator(".row.here")).to_be_in_viewport()
    page.locator("#calls .at").first.click()
    expect(page.locator(".row.here")).to_contain_text("GET /core/v1/clients/{client}/users")

    pick(page, "Read one, with what it costs")
    page.locator("#plan .facts .at", has_text="User.yaml").last.click()
    expect(page.locator(".row.here")).to_be_in_viewport()


def test_a_mapping_is_edited_linted_mended_and_run_without_being_served(page: Page, server: Server) -> None:
    pick(page, "Read one, only what is needed")
    page.get_by_label("Address and query").fill("/scim/v2/Users/u-1001?attributes=nickName")
    line = "nickName:          { idm: properties.nickName }"
    edit(page, line, "nickName:          { idm: user.lognId, as: upper, mutability: readOnly }")
    found = page.locator("#findings button").first
    expect(found).to_contain_text("M301")
    expect(found).to_contain_text('did you mean "loginId"?')
    place = found.locator("code").inner_text().split()[0]
    expect(page.locator(".row.error .slip")).to_have_text("user.lognId")
    found.click()
    before = page.evaluate("text.value.slice(0, text.selectionStart).split('\\n')")
    assert place == f"{len(before)}:{len(before[-1]) + 1}", "the caret stands where the finding says"
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#status")).to_contain_text("The edited mapping has errors")

    edit(page, "user.lognId", "user.loginId")
    expect(page.locator("#verdict")).not_to_contain_text("error")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer")).to_contain_text('"BJENSEN"')
    expect(page.locator("#edited")).to_be_visible()
    served = httpx.get(f"{server.url}/scim/v2/Users/u-1001?attributes=nickName", headers=HEADERS)
    assert "BJENSEN" not in served.text
    page.get_by_role("button", name="Revert").click()
    expect(page.locator("#edited")).to_be_hidden()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer")).not_to_contain_text("BJENSEN")


def test_types_are_browsed_and_lead_to_their_lines(page: Page) -> None:
    page.get_by_role("tab", name="Resource types").click()
    row = page.locator("#type tr", has=page.get_by_text("userName", exact=True))
    expect(row).to_contain_text("user.loginId")
    expect(row).to_contain_text("required")
    expect(row.locator(".fate.pushed")).to_be_visible()
    row.get_by_role("button").click()
    expect(page.locator(".row.here")).to_contain_text("userName:")
    page.get_by_label("Find a type").fill("badge")
    expect(page.locator("#types")).to_contain_text("No type is called so")
    page.get_by_label("Find a type").fill("grou")
    page.locator("#types").get_by_role("button", name="Group", exact=True).click()
    expect(page.locator("#h-type")).to_contain_text("Group")
    expect(page.locator("#file")).to_have_value("mappings/Group.yaml")


def test_the_live_view_shows_shapes_and_nothing_of_anybody(page: Page, server: Server) -> None:
    page.get_by_role("tab", name="Live").click()
    for text in ('userName eq "Somebody-Searched"', 'name.familyName co "Searched-Name" and active eq true'):
        httpx.get(f"{server.url}/scim/v2/Users", params={"filter": text}, headers=HEADERS)
    httpx.get(f"{server.url}/scim/v2/Users/u-1001", headers=HEADERS)
    expect(page.locator("#live")).to_contain_text("userName eq ?")
    expect(page.locator("#live")).to_contain_text("name.familyName co ? and active eq ?")
    expect(page.locator("#live tbody tr").first).to_contain_text("get")
    told = page.content() + httpx.get(f"{server.url}/console/api/recent").text
    assert not [each for each in ("Somebody", "Searched", "u-1001", "bjensen@") if each in told]


def test_everything_is_done_by_keyboard(page: Page) -> None:
    def focused() -> Any:
        return page.evaluate("document.activeElement.id || document.activeElement.className")

    page.keyboard.press("Tab")
    assert focused() == "skip"
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert focused() == "tab-request"
    page.keyboard.press("ArrowRight")
    assert focused() == "tab-types"
    expect(page.locator("#view-types")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    for name in ("example", "method", "address"):
        page.keyboard.press("Tab")
        assert focused() == name
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus is seen"
    page.keyboard.press("Control+a")
    page.keyboard.type('/scim/v2/Users?filter=userName eq "bjensen" and title pr')
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#answer .json")
    stops = []
    while "treeitem" not in (page.evaluate("document.activeElement.getAttribute('role')") or ""):
        page.keyboard.press("Tab")
        stops.append(focused())
        assert len(stops) < 12, stops
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("userName eq")
    page.keyboard.press("Enter")
    expect(page.locator(".row.here")).to_contain_text("userName:")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    stops = []
    while focused() != "text":
        page.keyboard.press("Tab")
        stops.append(focused())
        assert len(stops) < 60, "the editor is reached"
    page.keyboard.press("Shift+Tab")
    assert focused() != "text", "and left again"


def test_a_phone_shows_it_in_one_column_without_scrolling_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    pick(page, "Create a person, in one transaction")
    for view in VIEWS:
        page.locator(f"#tab-{view}").click()
        page.wait_for_selector({"request": "#answer .json", "types": "#type table", "live": "#live > *"}[view])
        assert page.evaluate("document.documentElement.scrollWidth") == 360, view
    page.locator("#tab-request").click()
    lefts = {round(page.locator(each).bounding_box()["x"]) for each in ("#plan", "#calls", "#answer", "#editor")}  # type: ignore[index]
    assert len(lefts) == 1, "one below the other"
    page.locator("#calls .at").first.click()
    expect(page.locator(".row.here")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken_in_light_or_dark(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    bright = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).every((each) => each > 128)"
    )
    assert bright == (scheme == "light")
    pick(page, PARTLY)
    edit(page, "idm: user.loginId,", "idm: user.lognId,")
    page.wait_for_selector("#findings button")
    same = [[".json .in .in .in"], ["#type tr:nth-child(n + 12)"]]  # as what stands before it
    rules: dict[str, Any] = {"resultTypes": ["violations"]}
    if scheme == "dark":
        rules["runOnly"] = ["color-contrast"]  # the rest is the same document
    for view in VIEWS:
        page.locator(f"#tab-{view}").click()
        page.wait_for_selector({"request": "#answer .json", "types": "#type table", "live": "#live > *"}[view])
        paint = ".paint .row:nth-child(n + 100)" if view == "request" else ".paint"
        found = Axe().run(page, {"exclude": [*same, [paint]]}, rules).response["violations"]
        assert not [(each["id"], each["nodes"][0]["html"], each["nodes"][0]["failureSummary"]) for each in found]


def test_nothing_was_asked_of_anybody_else_and_nothing_was_complained_of(
    page: Page, seen: Seen, server: Server
) -> None:
    """Stands last: it looks back at all the others."""
    pick(page, PARTLY)
    assert {urlsplit(each).netloc for each in seen.asked if not each.startswith(("data:", "blob:"))} == {
        urlsplit(server.url).netloc
    }
    assert len(seen.asked) > 10
    assert seen.complaints == []
