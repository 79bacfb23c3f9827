"""Measures how long the map of 50,000 episodes takes to draw a frame.

python -m tests.page.smoothness
"""

import random
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from indexer.build import build
from tests.fakes import fake_artifact
from tests.page.conftest import open_chromium
from tests.page.episodes import EPISODES, write
from tests.test_server import serving

DOTS = 50_000
CLUSTERS = 40
SPREAD = 2500
# Zooms in and out by the wheel, once for each frame; gives the milliseconds of drawing each frame.
ZOOM = """async () => {
  const canvas = document.querySelector("canvas"), clientX = canvas.clientWidth / 2, took = [];
  const next = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (paint) => next((now) => {
    const started = performance.now();
    paint(now);
    took.push(performance.now() - started);
  });
  for (let turn = 0; turn < 120; turn++) {
    canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: turn < 60 ? -40 : 40, clientX }));
    await new Promise(next);
  }
  return took.sort((one, other) => one - other);
}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        artifact = fake_artifact(directory / "encoder")
        build([write(EPISODES, directory)], directory / "snapshots", artifact)
        with (
            serving(directory / "snapshots", directory / "log") as server,
            open_chromium() as browser,
        ):
            page = browser.new_page(
                base_url=str(server.client.base_url), viewport={"width": 1440, "height": 900}
            )
            report(page)


def report(page: Page) -> None:
    page.route("**/map", lambda route: route.fulfill(json=drawn()))
    page.goto("/?map=1")
    expect(page.locator("canvas")).to_be_visible(timeout=60_000)
    took = page.evaluate(ZOOM)
    middle, late = took[len(took) // 2], took[len(took) * 95 // 100]
    print(f"{DOTS} dots, {len(took)} frames: median {middle:.1f} ms, 95th percentile {late:.1f} ms")


def drawn() -> dict[str, Any]:
    """The body of GET /map with 50,000 points around cluster centres."""
    rng = random.Random(0)
    centres = [(rng.uniform(8e3, 57e3), rng.uniform(8e3, 57e3)) for _ in range(CLUSTERS)]
    cluster = [rng.randrange(CLUSTERS) for _ in range(DOTS)]

    def around(axis: int) -> list[int]:
        places = (rng.gauss(centres[each][axis], SPREAD) for each in cluster)
        return [min(max(round(place), 0), 65535) for place in places]

    ids = [f"e{number}" for number in range(DOTS)]
    clusters = [
        {"name": f"cluster {number}", "x": x, "y": y, "size": cluster.count(number)}
        for number, (x, y) in enumerate(centres)
    ]
    shared = {"snapshot": "drawn", "ids": ids, "titles": ids, "cluster": cluster}
    return {**shared, "x": around(0), "y": around(1), "clusters": clusters}


if __name__ == "__main__":
    main()
