"""A real Chromium without a window: the fixtures `browser` and `page`.

A test module asks for them with `pytest_plugins = ["tests.support.browser"]`. Without a browser its
tests are skipped; with CI=true they fail.
"""

import os
import shutil
from collections.abc import Iterator
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing but what a test asks for: no update, no sync, no look at the network.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; per module, because asyncio is Playwright's while it is open."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        _no_browser("no Chromium here: install the system's package chromium")
    with sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        except Error as error:
            _no_browser(f"{program} does not start: {error.message.splitlines()[0]}")
        yield opened
        opened.close()


def _no_browser(why: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, 1280 x 900."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()
