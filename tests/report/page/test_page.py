"""The page in a real browser: it sorts, searches, folds, prints, and asks for nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page

from samprof.report.page.page import Shown, run_page
from tests.report.pages import LEAVES, ROLE, SCRIPT, SIZES, hostile

pytest_plugins = ["tests.support.browser"]

MOST_BYTES = 3_000_000
OPEN = [
    "enc",
    "enc.blocks.0",
    "enc.blocks.0.attn",
    f"enc.blocks.0.{SCRIPT}",
    "enc.blocks.1",
    "enc.blocks.1.attn",
    "enc.blocks.1.mlp",
    "enc.neck",
]


@dataclass
class Tab:
    """A page, with all that it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def layers(self) -> Locator:
        return self.page.locator("#run1-layers tbody tr")

    def shown(self) -> list[str]:
        """Paths of the visible rows, from the top."""
        paths = self.layers.evaluate_all(
            "rows => rows.filter(row => row.checkVisibility()).map(row => row.dataset.path)"
        )
        return [str(path) for path in paths]

    def marks(self, chart: str, kind: str) -> int:
        return self.page.locator(f"#{chart} .mark-{kind}.role-mark > path").count()


def watched(page: Page) -> Tab:
    tab = Tab(page)
    page.on("request", lambda request: tab.requests.append(request.url))
    page.on("console", lambda message: tab.words.append(message.text))
    page.on("pageerror", lambda error: tab.words.append(str(error)))
    page.on("dialog", lambda dialog: tab.words.append(dialog.message))
    return tab


def drawn(page: Page, address: str) -> Tab:
    tab = watched(page)
    page.goto(address)
    page.wait_for_selector("html[data-drawn]", state="attached")
    return tab


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    found, timeline = hostile()
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(run_page([Shown("run", found, timeline)]))
    assert path.stat().st_size < MOST_BYTES
    return path.as_uri()


@pytest.fixture(scope="module")
def tab(browser: Browser, address: str) -> Iterator[Tab]:
    """The page, drawn; whatever the tests do to it, it may ask for nothing and complain of nothing."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    opened = drawn(page, address)
    yield opened
    assert opened.requests == [address]
    assert opened.words == []
    page.close()


def test_the_verdict_comes_first_and_everything_follows(tab: Tab) -> None:
    text = tab.page.locator("body").inner_text()
    heads = ["Layers", "Batching", "Layers against batch size", "Components", "Roofline"]
    heads += [
        "One forward",
        "Time accounting",
        "Points and profiler overhead",
        "Where it ran",
        "How it was made",
    ]
    assert tab.page.locator("h2").all_inner_texts() == heads
    assert text.index("Batching helps") < text.index("layer\tb=1")
    assert "(exact)" in text
    assert "OutOfMemoryError: too much" in text
    assert "samprof sweep --images 'my photos'" in text


def test_a_column_sorts_within_siblings_and_gives_the_order_back(tab: Tab) -> None:
    head = tab.page.locator("#run1-layers thead th", has_text="b=1")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert tab.shown() == [OPEN[0], *OPEN[4:5], OPEN[6], OPEN[5], OPEN[7], *OPEN[1:4]]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert tab.shown() == [OPEN[0], OPEN[1], OPEN[3], OPEN[2], OPEN[7], *OPEN[4:7]]
    names = tab.page.locator("#run1-layers thead th").first
    names.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert tab.shown() == [OPEN[0], OPEN[1], OPEN[3], OPEN[2], *OPEN[4:]]
    names.get_by_role("button").press("Enter")
    names.get_by_role("button").press("Enter")
    assert names.get_attribute("aria-sort") is None
    assert tab.shown() == OPEN


def test_a_search_keeps_what_is_around_its_hits(tab: Tab) -> None:
    search = tab.page.get_by_role("searchbox").first
    search.fill("MLP")
    assert tab.shown() == ["enc", "enc.blocks.1", "enc.blocks.1.mlp"]
    assert tab.page.locator("output").first.inner_text() == "1 found"
    search.fill("blocks.0.at")  # the whole path, of which the row shows the end
    assert tab.shown() == ["enc", "enc.blocks.0", "enc.blocks.0.attn"]
    search.fill("nothing of this name")
    assert tab.shown() == []
    search.fill("")
    assert tab.shown() == OPEN


def test_rows_fold_by_click_by_key_and_to_a_depth(tab: Tab) -> None:
    fold = tab.page.get_by_role("button", name="rows inside enc.blocks.0", exact=True)
    assert fold.get_attribute("aria-expanded") == "true"
    fold.click()
    assert fold.get_attribute("aria-expanded") == "false"
    assert tab.shown() == [*OPEN[:2], *OPEN[4:]]
    fold.press("Enter")
    assert tab.shown() == OPEN
    depth = tab.page.get_by_role("combobox").first
    depth.select_option("2 of 3 levels")
    assert tab.shown() == [OPEN[0], OPEN[1], OPEN[4], OPEN[7]]
    fold.click()  # one of the folded ones opens alone
    assert tab.shown() == [*OPEN[:4], OPEN[4], OPEN[7]]
    depth.select_option("all levels")
    assert tab.shown() == OPEN


def test_each_chart_has_a_mark_a_point(tab: Tab) -> None:
    best = 1  # a ring around the size to run
    points = {f"run1-batching-{place}": len(SIZES) for place in (1, 4)}
    points |= {f"run1-batching-{place}": len(SIZES) + best for place in (2, 3)}
    points |= {f"run1-layers-{place}": LEAVES * len(SIZES) for place in (1, 2)}
    points |= {"run1-roofline-1": LEAVES * len(SIZES)}
    assert {chart: tab.marks(chart, "symbol") for chart in points} == points
    bars = {"run1-components-1": 9, "run1-modules-1": 8, "run1-timeline-1": 6}
    assert {chart: tab.marks(chart, "rect") for chart in bars} == bars
    lines = {"run1-layers-1": LEAVES, "run1-batching-1": 2, "run1-batching-4": 2}  # with the fit
    assert {chart: tab.marks(chart, "line") for chart in lines} == lines


def test_limits_are_drawn_and_what_did_not_fit_is_said(tab: Tab) -> None:
    texts = tab.page.locator("#run1-batching .mark-text.role-mark text").all_text_contents()
    assert set(texts) == {"limit 400 ms", "limit 5 MiB", "run batch 4"}
    assert "Did not fit in memory: 8." in tab.page.locator("#run1-batching").inner_text()


def test_a_role_in_the_legend_dims_the_others_in_both_charts(tab: Tab) -> None:
    def opacities(chart: str) -> set[str]:
        marks = tab.page.locator(f"#{chart} .mark-symbol.role-mark > path")
        return set(marks.evaluate_all("all => all.map(one => one.getAttribute('opacity'))"))

    legend = tab.page.locator("#run1-growth .legend")
    neck = legend.get_by_role("button", name="neck")
    neck.click()
    assert neck.get_attribute("aria-pressed") == "true"
    tab.page.wait_for_function(
        "document.querySelectorAll('#run1-growth path[opacity=\"0.08\"]').length > 0"
    )
    assert opacities("run1-layers-1") == opacities("run1-layers-2") == {"0.85", "0.08"}
    neck.click()
    tab.page.wait_for_function(
        "document.querySelectorAll('#run1-growth path[opacity=\"0.08\"]').length === 0"
    )


def test_names_are_text_wherever_they_stand(tab: Tab) -> None:
    assert tab.page.locator("img").count() == 0
    kinds = tab.page.locator("script").evaluate_all("all => all.map(one => one.type)")
    assert kinds == ["application/json", "", "", ""]
    assert SCRIPT in tab.page.title()
    assert f"{SCRIPT} holds it back." in tab.page.locator(".verdict").inner_text()
    assert tab.layers.nth(3).locator("th").inner_text().endswith(SCRIPT)
    as_shown = ROLE.replace("\u2028", "\\u2028")
    assert tab.page.locator("#run1-growth .legend").get_by_text(as_shown).count() == 1
    assert as_shown in tab.page.locator("#run1-environment").inner_text()
    assert SCRIPT[:10] in (tab.page.locator("#run1-modules-1 svg").text_content() or "")


def test_pointing_at_a_mark_tells_what_it_is(tab: Tab) -> None:
    bar = tab.page.locator("#run1-timeline-1 .mark-rect.role-mark > path").nth(4)
    bar.scroll_into_view_if_needed()
    bar.hover(force=True)
    tip = tab.page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert SCRIPT in tip.inner_text()
    assert tip.locator("script").count() == 0
    tab.page.mouse.move(0, 0)


def test_print_shows_every_row_in_light_without_controls(tab: Tab) -> None:
    tab.page.get_by_role("combobox").first.select_option("1 of 3 levels")
    tab.page.emulate_media(media="print", color_scheme="dark")
    assert tab.shown() == OPEN
    assert not tab.page.locator(".tools").first.is_visible()
    assert not tab.page.locator("nav").is_visible()
    assert paper(tab) == "rgb(255, 255, 255)"
    assert style(tab, ".chart svg", "filter") == "none"
    tab.page.emulate_media(media="screen", color_scheme="light")
    assert tab.shown() == ["enc"]
    tab.page.get_by_role("combobox").first.select_option("all levels")


def test_dark_mode_is_dark_charts_too(tab: Tab) -> None:
    assert paper(tab) == "rgb(255, 255, 255)"
    tab.page.emulate_media(color_scheme="dark")
    assert paper(tab) == "rgb(22, 24, 27)"
    assert "invert" in style(tab, ".chart svg", "filter")
    assert "invert" in style(tab, ".legend i", "filter")
    tab.page.emulate_media(color_scheme="light")
    assert style(tab, ".chart svg", "filter") == "none"


def test_a_phone_scrolls_tables_and_not_the_page(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 375, "height": 700})
    tab.page.wait_for_function(
        "[...document.querySelectorAll('svg')].every(one => one.getBoundingClientRect().right <= 375)"
    )
    width, table, box = tab.page.evaluate(
        """() => {
            const box = document.querySelector("#run1-layers").parentElement;
            return [document.documentElement.scrollWidth, box.scrollWidth, box.clientWidth];
        }"""
    )
    assert width == 375
    assert table > box
    tab.page.set_viewport_size({"width": 1280, "height": 900})


def test_the_page_can_run_and_load_nothing_of_others(browser: Browser, address: str) -> None:
    page = browser.new_page()
    seen, refused = watched(page), []
    page.on("requestfailed", lambda request: refused.append((request.url, request.failure)))
    page.goto(address)
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'taken over'";
            document.head.append(script);
            const picture = new Image();
            picture.src = "https://example.invalid/picture.png";
            document.body.append(picture);
        }"""
    )
    fetched = "fetch('https://example.invalid/').then(() => 'sent', () => 'kept')"
    assert page.evaluate(fetched) == "kept"
    assert "taken over" not in page.title()
    assert refused == [("https://example.invalid/picture.png", "csp")]
    said = "\n".join(seen.words)
    assert "Executing inline script violates" in said
    assert "Connecting to 'https://example.invalid/' violates" in said
    page.close()


def test_without_scripts_the_tables_stand_open(browser: Browser, address: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(address)
    rows = page.locator("#run1-layers tbody tr")
    assert [rows.nth(place).is_visible() for place in range(rows.count())] == [True] * len(OPEN)
    assert not page.locator(".tools").first.is_visible()
    page.close()


def paper(tab: Tab) -> str:
    return style(tab, "body", "backgroundColor")


def style(tab: Tab, selector: str, name: str) -> str:
    found = tab.page.locator(selector).first.evaluate(
        "(one, name) => getComputedStyle(one)[name]", name
    )
    return str(found)
