"""The built site in headless Chromium: no console error, no outside request, accessible, and fit for a phone."""

import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from a2e.paths import BUILD

from book.pages import toc
from book.serve import server
from tests.rules.report import FIGURES

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
SITE = BUILD / "strict" / "_build" / "html"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
STANDARDS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
SEEN: Counter[str] = Counter()
PAGES = [*(f"chapters/{name}" for name in toc()), "search", "genindex"]

if CHROMIUM is None:
    LOUD = "NO CHROMIUM: THE SITE WAS NOT CHECKED IN A BROWSER. Debian: apt install chromium; or set CHROMIUM=path."
    FIGURES["browser"] = LOUD
    pytestmark = pytest.mark.skip(reason=LOUD)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
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
    """Return a function that opens a page in a fresh tab and notes what the console and the network say."""
    contexts, errors, outside = [], [], []

    def open_page(name: str, theme: str, size: dict[str, int]):
        context = browser.new_context(viewport=size, color_scheme=theme)
        contexts.append(context)
        context.add_init_script(
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
        )
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: note(request.url))
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        page.evaluate("window.MathJax?.startup?.promise")
        return page

    def note(url: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            outside.append(url)

    yield open_page
    for context in contexts:
        context.close()
    SEEN.update({"console errors": len(errors), "outside requests": len(outside)})
    assert not errors
    assert not outside


def violations(page) -> list[str]:
    """What axe finds against WCAG 2.1 AA, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=STANDARDS).response["violations"]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(tab, name, theme):
    page = tab(name, theme, DESKTOP)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    found = violations(page)
    SEEN.update({"axe violations": len(found), "page views": 1})
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(tab, name):
    page = tab(name, "light", PHONE)
    SEEN.update({"page views": 1})
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE["width"]:
        wide = (
            "[...document.querySelectorAll('.bd-main *')].filter(e => e.getBoundingClientRect().right > 391)"
        )
        culprits = page.evaluate(f"{wide}.slice(0, 5).map(e => e.outerHTML.slice(0, 150))")
        pytest.fail(f"{name} is {width} px wide: {culprits}")


def test_a_missing_label_would_be_found(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/chapters/references.html")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<main><img src=x.png><button></button></main>')"
    )
    assert any(line.startswith("image-alt") for line in violations(page))
    page.close()


def test_figures_of_the_browser_are_all_zero():
    names = ("console errors", "outside requests", "axe violations")
    FIGURES["browser"] = f"{SEEN['page views']} page views, " + ", ".join(
        f"{SEEN[name]} {name}" for name in names
    )
    assert not any(SEEN[name] for name in names)
    assert SEEN["page views"] == 3 * len(PAGES)
