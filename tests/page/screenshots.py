"""Takes pictures of the page: python -m tests.page.screenshots.

It uses the default model, over invented podcasts (catalogue.jsonl) and the seed summaries, which
have no title.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, expect

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import prepare
from indexer.encoder.model import resolve_model
from tests.conftest import SEED_SUMMARIES
from tests.page.conftest import open_chromium
from tests.test_server import serving

HERE = Path(__file__).parent
CATALOGUE = HERE / "catalogue.jsonl"
PICTURES = HERE / "pictures"
DESKTOP: ViewportSize = {"width": 1080, "height": 680}
MOMENTS: ViewportSize = {"width": 860, "height": 420}
PHONE: ViewportSize = {"width": 390, "height": 760}


@dataclass(frozen=True)
class Picture:
    name: str
    address: str
    size: ViewportSize
    scheme: Literal["light", "dark"] = "light"


ALL = (
    Picture("desktop", "?q=keeping+things+alive+through+the+winter", DESKTOP),
    Picture("dark", "?episode=open-tuning-2", DESKTOP, scheme="dark"),
    Picture("phone", "?q=how+does+a+company+find+its+first+customers%3F", PHONE),
    Picture("moments", "?q=why+did+the+otters+come+back%3F&k=1", MOMENTS),
    Picture("map", "?map=1&q=what+is+above+the+sky", DESKTOP),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        artifact = prepare(resolve_model(), directory / "encoders", precision="int8", threads=2)
        build(
            [SEED_SUMMARIES, CATALOGUE], directory / "snapshots", artifact, BuildOptions(threads=2)
        )
        with (
            serving(directory / "snapshots", directory / "log") as server,
            open_chromium() as browser,
        ):
            for picture in ALL:
                take(picture, browser, str(server.client.base_url))


def take(picture: Picture, browser: Browser, base_url: str) -> None:
    page = browser.new_page(
        base_url=base_url,
        viewport=picture.size,
        color_scheme=picture.scheme,
        device_scale_factor=1.25,
        locale="en-GB",
    )
    page.goto(f"/{picture.address}")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false", timeout=30_000)
    path = PICTURES / f"{picture.name}.png"
    page.screenshot(path=path, animations="disabled")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    page.close()


if __name__ == "__main__":
    main()
