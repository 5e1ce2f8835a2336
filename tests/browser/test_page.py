"""The page in a real browser: it asks for nothing, fits its window, reads well aloud, and prints."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WIDTHS = [1280, 390]
PATIENCE = 300_000  # milliseconds: the machine may be slow


class Opened:
    """A page that is open, what it asked for and what it complained of."""

    def __init__(self, browser: Any, path: Path, width: int, scheme: str = "light") -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.refused: list[str] = []
        self.page.on("requestfailed", lambda request: self.refused.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri(), timeout=PATIENCE)

    def open_all(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


@pytest.fixture(params=WIDTHS)
def opened(browser: Any, folder: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    one = Opened(browser, folder / "report/report.html", request.param)
    yield one
    one.page.close()


def test_it_asks_for_nothing_but_itself(opened: Opened, folder: Path) -> None:
    opened.open_all()
    assert opened.asked == [(folder / "report/report.html").as_uri()]
    assert opened.complaints == []


def test_nothing_can_be_asked_for(opened: Opened) -> None:
    """Even markup that got on the page would be stopped by its policy."""
    opened.page.evaluate(
        """() => new Promise(done => {
            const image = document.createElement('img');
            image.onerror = image.onload = done;
            image.src = 'https://example.com/x.png';
            document.body.append(image);
        })"""
    )
    assert opened.refused == ["https://example.com/x.png"] == opened.asked[1:]
    assert any("Content Security Policy" in one for one in opened.complaints)


def test_it_is_no_wider_than_its_window(opened: Opened) -> None:
    opened.open_all()
    wide, window = opened.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window


def test_figures_are_seen(opened: Opened) -> None:
    """Every panel has a size, a title, and something drawn within what is seen of it."""
    panels = opened.page.evaluate(
        """() => [...document.querySelectorAll('.panels > svg')].map(svg => {
            const seen = svg.getBoundingClientRect();
            const drawn = [...svg.querySelectorAll('path, use')].map(one => one.getBoundingClientRect());
            const inside = drawn.filter(one => one.width + one.height > 0 && one.left >= seen.left - 1 &&
                one.right <= seen.right + 1 && one.top >= seen.top - 1 && one.bottom <= seen.bottom + 1);
            return [seen.width, seen.height, svg.querySelector('title').textContent, inside.length];
        })"""
    )
    assert len(panels) == 2 * (1 + 1 + 2) + 2 * (1 + 2)  # choice has loss, reply has none; two regimes
    for width, height, title, inside in panels:
        assert width > 200 and height > 150
        assert title
        assert inside > 20


def test_letters_in_figures_can_be_read(opened: Opened) -> None:
    """The labels of axes, the smallest letters, are at least nine pixels high on any window."""
    scale = opened.page.evaluate(
        "Math.min(...[...document.querySelectorAll('.panels > svg, .legend svg')]"
        ".map(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))"
    )
    assert 6 * scale >= 9


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_accessibility(browser: Any, folder: Path, width: int, scheme: str) -> None:
    """axe-core finds nothing, contrast among it, with everything unfolded, by day and by night."""
    from axe_playwright_python.sync_playwright import Axe

    one = Opened(browser, folder / "report/report.html", width, scheme)
    one.open_all()
    found = Axe().run(one.page)
    one.page.close()
    assert not found.response["violations"], found.generate_report()


def test_figures_are_light_on_dark_by_night_and_paper_stays_white(browser: Any, folder: Path) -> None:
    one = Opened(browser, folder / "report/report.html", 1280, "dark")
    look = "([what, of]) => getComputedStyle(document.querySelector(what))[of]"
    assert one.page.evaluate(look, ["body", "backgroundColor"]) == "rgb(20, 24, 29)"
    assert "invert" in one.page.evaluate(look, [".panels svg", "filter"])
    one.page.emulate_media(media="print")
    assert one.page.evaluate(look, ["body", "backgroundColor"]) == "rgb(255, 255, 255)"
    assert one.page.evaluate(look, [".panels svg", "filter"]) == "none"
    one.page.close()


def test_the_overview_stands_within_a_phone(browser: Any, folder: Path) -> None:
    """Nothing of it has to be moved sideways: each regime is a line, and its name stands before it."""
    one = Opened(browser, folder / "report/report.html", 390)
    wide, seen, names = one.page.evaluate(
        """() => { const table = document.querySelector('.glance');
            const before = [...table.querySelectorAll('td[data-of]')].map(
                cell => getComputedStyle(cell, '::before').content);
            return [table.scrollWidth, table.clientWidth, before]; }"""
    )
    assert wide <= seen
    assert set(names) == {'"zero_shot"', '"step_by_step"'}
    one.page.close()


def test_it_can_be_read_without_its_colours(browser: Any, folder: Path) -> None:
    """In grey, what tells families and owners apart is dash, marker and hatch: there is one of each."""
    one = Opened(browser, folder / "report/report.html", 1280)
    dashes = one.page.evaluate(
        "[...new Set([...document.querySelectorAll('.legend path')]"
        ".map(path => path.style.strokeDasharray).filter(Boolean))].length"
    )
    hatches = one.page.evaluate("document.querySelectorAll('defs pattern').length")
    assert dashes >= 2 and hatches >= 1
    one.page.close()


def test_items_unfold_without_a_script(browser: Any, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto((folder / "report/report.html").as_uri(), timeout=PATIENCE)
    first = page.locator("#items details").first
    assert not first.locator("pre").first.is_visible()
    first.locator("summary").click()
    assert "<script>alert(1)</script>" in first.locator("pre").first.inner_text()
    context.close()


def test_it_prints(browser: Any, folder: Path) -> None:
    one = Opened(browser, folder / "report/report.html", 1280)
    assert one.page.pdf(format="A4").startswith(b"%PDF")
    one.page.emulate_media(media="print")
    assert not one.page.locator("nav").is_visible()
    one.page.close()
