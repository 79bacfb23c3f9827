"""The real process, spoken to over HTTP."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.conftest import REPOSITORY

HEAVY = {"torch", "transformers", "sentence_transformers", "onnx", "sklearn", "scipy"}


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while not self._is_ready():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def stop(self) -> int:
        """As an operator does; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextmanager
def serving(
    snapshots: Path, log: Path, *options: str, python: tuple[str, ...] = ()
) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *python, "-m", "service", f"--port={port}", *options]
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            [*command, f"--snapshots={snapshots}"], cwd=REPOSITORY, stderr=stderr
        ) as process,
    ):
        server = Server(process, port, log)
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.client.close()
            if process.poll() is None:
                server.stop()


@pytest.fixture(scope="module")
def server(seed_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(seed_root, log, python=("-X", "importtime")) as server:
        yield server


def test_a_question_in_ones_own_words_is_answered_with_the_sentence_that_says_why(
    server: Server,
) -> None:
    asked = {"q": "Who kept MySpace running before the cloud?"}
    answer = server.client.get("/search", params=asked).json()
    first = answer["hits"][0]
    assert answer["answered"]
    assert "MySpace" in first["episode"]["summary"]
    highlight = first["highlight"]
    shown = first["episode"]["summary"][highlight["start"] : highlight["end"]]
    assert "MySpace" in shown == highlight["text"]
    assert server.client.post("/search", json=asked).json()["hits"] == answer["hits"]


def test_while_it_answers_it_has_loaded_nothing_that_only_building_needs(server: Server) -> None:
    assert server.client.get("/search", params={"q": "stream governance"}).status_code == 200
    imported = {
        line.rsplit("|", 1)[1].strip().split(".")[0]
        for line in server.log.splitlines()
        if line.startswith("import time:")
    }
    assert {"fastapi", "onnxruntime", "service"} <= imported
    assert not HEAVY & imported
    assert "libtorch" not in Path(f"/proc/{server.process.pid}/maps").read_text()


@pytest.mark.parametrize("workers", [1, 2])
def test_it_answers_until_it_is_told_to_stop_and_ends_well(
    seed_root: Path, tmp_path: Path, workers: int
) -> None:
    with serving(seed_root, tmp_path / "log", f"--workers={workers}") as server:
        for _ in range(8):
            (hit, *_) = server.client.get("/search?q=Aravind+Suresh").json()["hits"]
            assert "Aravind Suresh" in hit["episode"]["summary"]
        assert server.stop() == 0
    assert "Traceback" not in server.log
