"""Nothing slow runs on the event loop, on which all clients of a process wait."""

import mimetypes
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.rss import rss
from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake

ROUTES = (
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/snapshot",
    "/search?q=jazz",
    "/search.rss?q=jazz&min_relevance=0",
    "/map",
    "/episodes",
    "/episodes/jazz",
    "/episodes/jazz/similar",
    "/podcasts",
)
EPISODE = {"id": "jazz", "summary": "Jazz.", "audio_url": "https://a.example/a.mp3"}


class Watched:
    """The application, and the files that are opened by the thread of its event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.loop_thread = 0
        self.opened: list[object] = []
        self.watching = True
        sys.addaudithook(self._note)  # for good: there is no way to remove it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.loop_thread = get_ident()
        await self._app(scope, receive, send)

    def _note(self, event: str, of: tuple[object, ...]) -> None:
        is_source = str(of[:1]).rstrip("',)").endswith((".py", ".pyc"))  # imported once
        if self.watching and event == "open" and get_ident() == self.loop_thread and not is_source:
            self.opened.append(of[0])


@pytest.fixture
def watched(root: Path, build_fake: BuildFake) -> Iterator[Watched]:
    build_fake([EPISODE])
    mimetypes.inited = False  # as in a new process
    watched = Watched(create_app(Settings(snapshots=root)))
    yield watched
    watched.watching = False


def test_no_route_opens_a_file_on_the_event_loop(watched: Watched) -> None:
    with TestClient(watched) as client:
        for route in ROUTES:
            watched.opened.clear()
            assert client.get(route).status_code == 200, route
            assert not watched.opened, route


def test_feeds_are_written_off_the_event_loop(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def written(*given: Any) -> bytes:
        threads.append(get_ident())
        return rss(*given)

    monkeypatch.setattr("service.api.conditional_get.rss", written)
    with TestClient(watched) as client:
        assert b"<rss" in client.get("/search.rss?q=jazz").content

    assert threads != []
    assert watched.loop_thread not in threads
