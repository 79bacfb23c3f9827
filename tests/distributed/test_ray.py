"""Embedding by real clusters of Ray, one node of which is killed midway."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import Vectors
from tests.attached import attached
from tests.conftest import REPOSITORY
from tests.test_server import free_port

pytestmark = pytest.mark.skipif(not find_spec("ray"), reason="ray is not installed")

BATCHES = 24
LINES = 64 * BATCHES
RAY = (sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1")
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
    "RAY_USAGE_STATS_ENABLED": "0",
    # A lost node is noticed within seconds.
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}


@contextmanager
def node(log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A node with one processor; its processes end with the one that is given."""
    command = [*RAY, "--node-ip-address=127.0.0.1", *options]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            attached(command), env=os.environ | ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            deadline = time.monotonic() + 120
            while "Ray runtime started" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


class Cluster:
    def __init__(self, port: int, client_port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.client_address = f"ray://127.0.0.1:{client_port}"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """The first node of a cluster; the paths of its sockets must be short."""
    started = Cluster(free_port(), free_port())
    folder = tempfile.mkdtemp(prefix="r", dir="/tmp")
    options = (
        "--head",
        f"--port={started.address.partition(':')[2]}",
        f"--ray-client-server-port={started.client_address.rpartition(':')[2]}",
        f"--temp-dir={folder}",
        "--include-dashboard=false",
    )
    try:
        with node(tmp_path / "head.log", *options):
            yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = (REPOSITORY / "README.md").read_text().split()
    rng = np.random.default_rng(5)
    lines = [" ".join(rng.choice(words, rng.integers(3, 60))) for _ in range(LINES)]
    file = tmp_path_factory.mktemp("corpus") / "lines.txt"
    file.write_text("\n".join(lines))
    return file


@contextmanager
def embedding(place: str, corpus: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.distributed.embed_lines"]
    with subprocess.Popen(
        [*command, place, str(corpus), str(folder)],
        cwd=REPOSITORY,
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        _, told = process.communicate(timeout=600)
        assert process.returncode == 0, told


def embedded(place: str, corpus: Path, folder: Path) -> tuple[Vectors, int]:
    """The vectors, and how many texts a second."""
    with embedding(place, corpus, folder) as process:
        assert process.stdout
        told = process.stdout.read()
    rate = re.search(r"(\d+) texts a second", told)
    assert rate, told
    return np.load(folder / "vectors.npy"), int(rate[1])


@pytest.fixture(scope="module")
def here(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return embedded("local", corpus, tmp_path_factory.mktemp("local") / "out")[0]


def test_two_nodes_give_the_vectors_of_one_machine(
    cluster: Cluster, corpus: Path, here: Vectors, tmp_path: Path
) -> None:
    one, alone = embedded(cluster.address, corpus, tmp_path / "one")
    with node(tmp_path / "second.log", f"--address={cluster.address}"):
        two, together = embedded(cluster.client_address, corpus, tmp_path / "two")

    print(f"one node of one processor: {alone} texts a second, two: {together}")
    assert one.shape == two.shape == here.shape
    assert np.abs(one - here).max() <= 1e-5
    assert np.abs(two - here).max() <= 1e-5


def test_what_a_killed_node_had_is_done_again_and_every_row_is_there_once(
    cluster: Cluster, corpus: Path, here: Vectors, tmp_path: Path
) -> None:
    with (
        node(tmp_path / "second.log", f"--address={cluster.address}") as second,
        embedding(cluster.address, corpus, tmp_path / "out") as process,
    ):
        assert process.stdout
        for line in process.stdout:
            if line == f"batch {BATCHES // 3}\n":
                second.send_signal(signal.SIGKILL)
                break

    vectors = np.load(tmp_path / "out" / "vectors.npy")
    assert vectors.shape == here.shape
    assert np.abs(vectors - here).max() <= 1e-5


def test_a_cluster_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("One about jazz.\nTwo about soil.\n")
    command = [sys.executable, "-m", "indexer", "build", "--corpus", str(corpus)]
    where = ["--out", str(tmp_path / "out"), "--embed-with", f"ray://127.0.0.1:{free_port()}"]

    done = subprocess.run(
        [*command, *where],
        cwd=REPOSITORY,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "no cluster answers" in done.stderr.splitlines()[-1]
    assert not list((tmp_path / "out").glob("2*"))
