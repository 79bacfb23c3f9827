"""A short run of every torture, with the fake encoder. No test asserts a speed."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from indexer.encoder.artifact import Artifact
from service.app import create_app
from service.settings import Settings
from tests.torture.__main__ import TORTURES
from tests.torture.row import Ground
from tests.torture.worst.requests import requests

ROUTES = [
    (method.upper(), path)
    for path, methods in create_app(Settings()).openapi()["paths"].items()
    for method in methods
]
DOSE = 0.04
DOSES = {
    "soak": 0.003,  # of an hour: ten seconds
    "model": 0.025,  # of 20,000 requests: 500
    "worst": 0.002,  # of 100,000 episodes: 200
    "memory": 0.02,  # of ten minutes: twelve seconds
}


@pytest.mark.parametrize("name", TORTURES)
def test_the_torture_passes(name: str, tmp_path: Path, artifact: Artifact) -> None:
    row = TORTURES[name](Ground(tmp_path, artifact), DOSES.get(name, DOSE))

    assert row.held, row.measured


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_the_worst_requests_are_of_every_route(method: str, path: str) -> None:
    named = re.compile(re.sub(r"\{\w+\}", ".+", path))
    asked = [each for each in requests() if each.method == method]

    assert any(named.fullmatch(urlsplit(each.target).path) for each in asked)


def test_the_worst_requests_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [each.name for each in requests()]
    assert len(set(names)) == len(names) >= 40
