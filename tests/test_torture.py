"""A short run of every torture that needs no quiet machine, with the fake encoder."""

import re
import time
from itertools import repeat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from indexer.encoder.artifact import Artifact
from service.app import create_app
from service.settings import Settings
from tests.http_host import Reply, http_host
from tests.test_load import DOSE, DOSES
from tests.torture import crowd
from tests.torture.__main__ import TORTURES
from tests.torture.row import Ground
from tests.torture.worst.requests import requests

ROUTES = [
    (method.upper(), path)
    for path, methods in create_app(Settings()).openapi()["paths"].items()
    for method in methods
]
OTHERS = dict.fromkeys(TORTURES.keys() - DOSES.keys(), DOSE) | {
    "model": 0.025,  # of 20,000 requests: 500
    "kills": 0.02,  # of 100
}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_the_torture_passes(name: str, tmp_path: Path, artifact: Artifact) -> None:
    row = TORTURES[name](Ground(tmp_path, artifact), OTHERS[name])

    assert row.held, row.measured


def test_a_crowd_that_may_not_open_another_connection_asks_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting: list[int] = []
    most: list[int] = []

    def refuse(*_: object) -> Reply:
        waiting.append(0)
        most.append(len(waiting))
        time.sleep(0.05)
        waiting.pop()
        return 503, b"busy", {"Retry-After": "1"}

    monkeypatch.setattr(crowd, "_MOST_CONNECTIONS", 8)
    with http_host(refuse) as port:
        asking = crowd.Crowd(port, repeat("/search"))
        asking.gather(100)
        asking.arrive(rate=10_000, seconds=0.5)
        asking.leave()

    assert asking.tally.refused
    assert max(most) <= 8


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_the_worst_requests_are_of_every_route(method: str, path: str) -> None:
    named = re.compile(re.sub(r"\{\w+\}", ".+", path))
    asked = [each for each in requests() if each.method == method]

    assert any(named.fullmatch(urlsplit(each.target).path) for each in asked)


def test_the_worst_requests_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [each.name for each in requests()]
    assert len(set(names)) == len(names) >= 40
