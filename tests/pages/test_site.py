"""The built site in headless Chromium: no console error, no outside request, accessible, fit for a phone."""

import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from book.pages import toc
from book.serve import server
from tests.pages.conftest import STRICT
from tests.rules.report import FIGURES

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
SITE = STRICT / "_build" / "html"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
STANDARDS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
    "preload": False,  # axe would fetch style sheets again from addresses that it gets wrong
}
SEEN: Counter[str] = Counter()
PAGES = [*(f"chapters/{name}" for name in toc()), "search", "genindex"]

if CHROMIUM is None:
    LOUD = (
        "NO CHROMIUM: THE SITE WAS NOT CHECKED IN A BROWSER. Debian: apt install chromium. Elsewhere install "
        "Chromium or Chrome and set CHROMIUM=path."
    )
    FIGURES["browser"] = LOUD
    pytestmark = pytest.mark.skip(reason=LOUD)


@pytest.fixture(scope="module")
def address(built) -> Iterator[str]:
    running = server(SITE, 0)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser, address):
    """Return a tab, with lists of what its console and the network say in ``errors`` and ``outside``."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.errors, page.outside = [], []

    def console(message) -> None:
        if message.type == "error":
            page.errors.append(message.text)

    def request(request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            page.outside.append(request.url)

    page.on("console", console)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", request)
    yield page
    context.close()


SAME = """() => {
  const seen = new Set();
  for (const token of document.querySelectorAll('.highlight span')) {
    const colours = [getComputedStyle(token).color, getComputedStyle(token.closest('div')).backgroundColor];
    const key = [token.className, token.closest('.cell_input') !== null, ...colours].join();
    token.toggleAttribute('data-same', seen.has(key));
    seen.add(key);
  }
}"""
"""Marks each token of code that has the kind and the colours of an earlier one: one of a kind is checked."""


def violations(page) -> list[str]:
    """What axe finds against WCAG 2.1 AA, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(SAME)
    found = Axe().run(page, context={"exclude": ["[data-same]"]}, options=STANDARDS).response["violations"]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


def too_wide(page) -> list[str]:
    """What makes the page scroll sideways on a phone, if anything does."""
    page.set_viewport_size(PHONE)
    if page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]:
        return []
    wide = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 391)"
    return [
        "wider than a phone: " + html
        for html in page.evaluate(f"{wide}.map(e => e.outerHTML.slice(0, 150))")[:5]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_silent_accessible_in_light_and_dark_and_fits_a_phone(tab, address, name):
    tab.goto(f"{address}/{name}.html", wait_until="networkidle")
    tab.evaluate("window.MathJax?.startup?.promise")
    barriers = []
    for theme in ("light", "dark"):
        tab.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        tab.wait_for_timeout(400)  # colours fade into each other
        barriers += [f"{theme}: {line}" for line in violations(tab)]
    wide = too_wide(tab)
    SEEN.update({"pages": 1, "console errors": len(tab.errors), "outside requests": len(tab.outside)})
    SEEN.update({"axe violations": len(barriers), "too wide for a phone": bool(wide)})
    found = tab.errors + tab.outside + barriers + wide
    assert not found, "\n".join(found)


def test_each_kind_of_fault_would_be_found(tab, address):
    tab.goto(f"{address}/chapters/references.html")
    fault = (
        "<img src='http://localhost:1/x.png' style='width: 900px; display: block'><script>nowhere()</script>"
    )
    tab.set_content(f"<html lang=en><title>t</title><main><h1>t</h1>{fault}</main></html>")
    assert any(line.startswith("image-alt") for line in violations(tab))
    assert tab.outside == ["http://localhost:1/x.png"]
    assert any("nowhere" in error for error in tab.errors)
    assert too_wide(tab)


def test_figures_of_the_browser_are_zero(request):
    checks = test_a_page_is_silent_accessible_in_light_and_dark_and_fits_a_phone.__name__
    asked = sum(getattr(item, "originalname", "") == checks for item in request.session.items)
    if not asked:
        pytest.skip("no page was to be checked in this run")
    names = ("console errors", "outside requests", "axe violations", "too wide for a phone")
    FIGURES["browser"] = ", ".join(f"{SEEN[name]} {name}" for name in ("pages", *names))
    assert not any(SEEN[name] for name in names)
    assert SEEN["pages"] == asked
