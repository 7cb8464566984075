"""`make pictures`: the pictures of the README, of an installation of their own with the demonstration on it.

The work is the same every time and played up to now, so that only the dates differ from one time to the next. Needs
Chromium. What is shown is what was there: nothing is painted over.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.live import Installation
from tests.servers import eventually

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SHOP = "Web shop"
WIDE = {"viewport": {"width": 1440, "height": 810}}
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}


class Picture(NamedTuple):
    name: str
    window: dict[str, Any]
    #: What is done on the board of the shop before it is taken.
    pose: Callable[[Page], None]


def main() -> int:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 1
    with _demonstration() as (url, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        state = log_in(browser, url, password)
        for picture in PICTURES_TO_TAKE:
            take(browser, url, state, picture)
        browser.close()
    return 0


@contextmanager
def _demonstration() -> Iterator[tuple[str, str]]:
    """Its address, and the password of everybody there."""
    with tempfile.TemporaryDirectory(prefix="djirgo-pictures-") as folder:
        place = Installation(Path(folder) / "home" / "data")
        try:
            place.migrate()
            told = place.run("demo").stdout
            place.up()
            eventually(lambda: _is_settled(place.url), "everything has been counted")
            yield place.url, re.findall(r"with the password (\S+)", told)[0]
        finally:
            place.clear()


def _is_settled(url: str) -> bool:
    relay = httpx.get(f"{url}/readyz", timeout=30).json()["checks"]["relay"]
    return relay.get("events_behind") == 0


def log_in(browser: Browser, url: str, password: str) -> Any:
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/log-in/")
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile("/$"))
    state = context.storage_state()
    context.close()
    return state


def take(browser: Browser, url: str, state: Any, picture: Picture) -> None:
    context = browser.new_context(
        base_url=url, storage_state=state, locale="en-GB", reduced_motion="reduce", **picture.window
    )
    page = context.new_page()
    page.goto("/")
    if not page.get_by_role("link", name=SHOP).first.is_visible():
        page.locator(".drawer-toggle summary").click()
    page.get_by_role("link", name=SHOP).first.click()
    page.locator(".card").first.wait_for()
    picture.pose(page)
    taken = page.screenshot(caret="hide", animations="disabled")
    context.close()
    keep(taken, PICTURES / f"{picture.name}.png")


def keep(taken: bytes, file: Path) -> None:
    """With 256 colours, which a page hardly has more of, it is less than half as large."""
    picture = Image.open(BytesIO(taken)).convert("RGB")
    picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, optimize=True)


# --- The poses ----------------------------------------------------------------------------------------------------


def as_it_is(page: Page) -> None:
    page.mouse.move(0, 0)


def with_a_task_open(page: Page) -> None:
    """One that somebody is working on."""
    page.locator('.column[data-status="In_Progress"] .card:has(.is-running) .card-title').first.click()
    page.locator("#panel .timeline").wait_for()


def at_the_reports(page: Page) -> None:
    page.get_by_role("link", name="Reports").first.click()
    page.locator("#standing-heading").scroll_into_view_if_needed()


PICTURES_TO_TAKE: Sequence[Picture] = (
    Picture("board-light", WIDE | {"color_scheme": "light"}, as_it_is),
    Picture("board-dark", WIDE | {"color_scheme": "dark"}, with_a_task_open),
    Picture("phone", PHONE | {"color_scheme": "light"}, as_it_is),
    Picture("reports", WIDE | {"color_scheme": "light"}, at_the_reports),
)

if __name__ == "__main__":
    sys.exit(main())
