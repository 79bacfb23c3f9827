"""`make index INDEX=…` and `make serve INDEX=…` are the two lines that a user changes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from indexer.encoder.artifact import Artifact
from service.app import create_app
from service.settings import Settings
from tests.conftest import REPOSITORY
from tests.indexer.index.engine.lite_server import lite_server
from tests.test_server import free_port
from tests.torture.service import until

INSTALLED = f"{sys.prefix}/.installed"
ANSWERED = "/search?q=Who kept MySpace running before the cloud?&k=5"


def make(*arguments: str) -> list[str]:
    """The command, with this environment as the one that is set up."""
    return ["make", f"--old-file={INSTALLED}", f"VENV={sys.prefix}", "WORKERS=1", *arguments]


@contextmanager
def served(port: int, *arguments: str) -> Iterator[httpx2.Client]:
    command = make("serve", f"PORT={port}", *arguments)
    with (
        subprocess.Popen(command, cwd=REPOSITORY, process_group=0) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        try:
            assert until(lambda: process.poll() is not None or _is_ready(client))
            yield client
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def _is_ready(client: httpx2.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def first_hits(client: httpx2.Client) -> list[str]:
    hits = client.get(ANSWERED).json()["hits"]
    return [hit["episode"]["id"] for hit in hits]


@pytest.mark.skipif(not Path(INSTALLED).exists(), reason="make has not installed these packages")
def test_the_same_hits_with_and_without_the_variable(
    tmp_path: Path, seed_root: Path, real_artifact: Artifact
) -> None:
    remote = tmp_path / "remote"
    remote.mkdir()
    (remote / "encoders").symlink_to(real_artifact.directory.parent)  # the model, exported already
    with lite_server(tmp_path / "milvus") as milvus:
        variables = (f"SNAPSHOTS={remote}", f"INDEX={milvus.address}")
        subprocess.run(make("index", *variables), cwd=REPOSITORY, check=True)
        with served(free_port(), *variables) as client:
            found = first_hits(client)
            assert client.get("/snapshot").json()["index"]["kind"] == "milvus"
    with TestClient(create_app(Settings(snapshots=seed_root))) as client:
        assert found == first_hits(client)
