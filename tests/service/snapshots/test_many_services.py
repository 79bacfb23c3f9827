"""Several services behind nginx on one place of snapshots, which is swapped under load."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from indexer.snapshot.snapshot_store import SnapshotStore
from service.app import create_app, create_reader
from service.settings import Settings
from tests.conftest import BuildFake
from tests.nginx import NGINX, nginx
from tests.test_server import Server, serving

LOCATION = """
    location / {
      proxy_pass http://episodes;
      proxy_next_upstream error timeout http_503;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
"""
FIRST, SECOND = "first", "second"


@contextmanager
def balanced(services: list[Server], folder: Path) -> Iterator[httpx2.Client]:
    """A client of nginx before the services, asked in turn."""
    servers = "\n    ".join(f"server 127.0.0.1:{each.client.base_url.port};" for each in services)
    upstreams = f"upstream episodes {{\n    {servers}\n  }}"
    with nginx(folder, LOCATION, upstreams) as client:
        yield client


def edition(name: str) -> list[dict[str, object]]:
    """Episodes that all say of which edition they are."""
    return [
        {"id": f"{n}", "summary": f"A stream of queues, part {n}.", "edition": name}
        for n in range(12)
    ]


class Answers:
    """What clients got that asked without pause: each answer, and whatever failed."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.failed: list[str] = []

    def ask_until(self, stopped: Event, client: httpx2.Client) -> None:
        paths = ("/search?q=queues&k=10", "/episodes?limit=10", "/episodes/3/similar?k=10")
        while not stopped.is_set():
            for path in paths:
                answer = client.get(path)
                if answer.status_code == 200:
                    self.bodies.append(answer.json())
                else:
                    self.failed.append(answer.text)

    def editions(self, snapshots: dict[str, str]) -> set[str]:
        """The editions of all answers; each has hits of one, that of the snapshot it names."""
        seen = set()
        for body in self.bodies:
            episodes = body.get("episodes") or [hit["episode"] for hit in body["hits"]]
            (of,) = {episode["edition"] for episode in episodes}
            assert of == snapshots[body["snapshot"]]
            seen.add(of)
        return seen


@contextmanager
def asking(client: httpx2.Client) -> Iterator[Answers]:
    answers, stopped = Answers(), Event()
    with ThreadPoolExecutor(3) as clients:
        asked = [clients.submit(answers.ask_until, stopped, client) for _ in range(3)]
        try:
            yield answers
        finally:
            stopped.set()
    for each in asked:
        each.result()


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
@pytest.mark.parametrize("kind", ["directory", "store"])
def test_services_behind_nginx_swap_under_load_without_a_mixed_answer(
    kind: str, tmp_path: Path, root: Path, build_fake: BuildFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPISODE_SEARCH_SNAPSHOT_CACHE", str(tmp_path / "cache"))
    place = str(root) if kind == "directory" else f"file://{tmp_path}/store"

    def publish(name: str) -> str:
        snapshot = build_fake(edition(name)).manifest.snapshot_id
        if kind == "store":
            SnapshotStore(place).push(root, 3)
        return snapshot

    snapshots = {publish(FIRST): FIRST}
    with ExitStack() as running:
        services = [
            running.enter_context(
                serving(place, tmp_path / f"log{n}", "--workers=1", "--refresh-interval=0.2")
            )
            for n in range(2)
        ]
        client = running.enter_context(balanced(services, tmp_path))
        with asking(client) as answers:
            until(lambda: len(answers.bodies) > 20)
            second = publish(SECOND)
            snapshots[second] = SECOND
            until(lambda: all(in_force(service) == second for service in services))
            services[0].stop()
            asked = len(answers.bodies)
            until(lambda: len(answers.bodies) > asked + 20)

        assert answers.failed == []
        assert answers.editions(snapshots) == {FIRST, SECOND}


def test_a_page_of_another_snapshot_is_refused_if_the_first_one_is_asked_for(
    root: Path, build_fake: BuildFake
) -> None:
    first = build_fake(edition(FIRST)).manifest.snapshot_id
    settings = Settings(snapshots=root)
    reader = create_reader(settings)
    with TestClient(create_app(settings, reader)) as client:
        pinned = {"X-Snapshot": first}
        path = "/search?q=queues&k=2&offset=2"
        assert client.get(path, headers=pinned).json()["snapshot"] == first

        second = build_fake(edition(SECOND)).manifest.snapshot_id
        reader.refresh()
        for asked in (path, "/episodes?limit=2", "/podcasts"):
            refused = client.get(asked, headers=pinned)
            assert refused.status_code == 412
            assert refused.json()["detail"] == (
                f"{second} answers here, and another is asked for; begin again without X-Snapshot."
            )
        assert client.get(path).json()["snapshot"] == second


def in_force(service: Server) -> str:
    return str(service.client.get("/readyz").json()["snapshot"])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
