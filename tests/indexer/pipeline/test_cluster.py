"""A build whose documents are embedded by a cluster: the same vectors, each text once."""

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from indexer.build import BuildOptions, build
from indexer.encoder import Encoder, Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.cluster import EncodeAll
from indexer.encoder.cluster.ray_actors import RayCluster
from indexer.encoder.parity_check import open_encoder
from indexer.errors import ClusterError
from indexer.execution.dispatch import WorkerLost, map_in_pool
from indexer.snapshot import Snapshot
from tests.fakes import WORDS


class FakeCluster:
    """Two workers, of which one dies; it counts the texts that are sent and those that count."""

    def __init__(self) -> None:
        self.entered = 0
        self.kept: Counter[str] = Counter()

    @contextmanager
    def __call__(self, artifact: Artifact, precision: str) -> Iterator[EncodeAll]:
        self.entered += 1
        encoder = open_encoder(artifact.directory, artifact.record, threads=1)
        assert encoder.precision == precision

        def encode_all(batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
            return map_in_pool(_Workers(encoder, self.kept), map(list, batches))

        yield encode_all


class _Workers:
    def __init__(self, encoder: Encoder, kept: Counter[str]) -> None:
        self._encoder = encoder
        self._kept = kept
        self._running: dict[int, tuple[str, list[str]]] = {}
        self._count = 0

    def start(self) -> Sequence[Hashable]:
        return ["lasting", "dying"]

    def submit(self, worker: str, part: list[str]) -> Hashable:
        self._count += 1
        self._running[self._count] = (worker, part)
        return self._count

    def wait(self, running: Sequence[int]) -> Sequence[Hashable]:
        return [max(running)]

    def result(self, running: int) -> Vectors:
        worker, texts = self._running.pop(running)
        if worker == "dying":
            raise WorkerLost
        self._kept.update(texts)
        return self._encoder.encode_documents(texts)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = random.Random(3)
    lines = [f"{' '.join(rng.choices(WORDS, k=9))} part {n}." for n in range(80)]
    (tmp_path / "corpus.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "corpus.txt"


def vectors(root: Path) -> Vectors:
    snapshot = Snapshot.current(root)
    return snapshot.indexes.dense.rows(np.arange(len(snapshot.indexes.passages.starts) - 1))


def test_a_cluster_gives_the_vectors_of_one_machine_and_embeds_each_text_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus: Path, artifact: Artifact
) -> None:
    monkeypatch.setattr("indexer.index.vectors.embedding_cache._TEXTS_A_BATCH", 16)
    cluster = FakeCluster()

    build([corpus], tmp_path / "here", artifact)
    outcome = build([corpus], tmp_path / "there", artifact, BuildOptions(cluster=cluster))

    np.testing.assert_array_equal(vectors(tmp_path / "here"), vectors(tmp_path / "there"))
    assert {*cluster.kept.values()} == {1}
    assert len(cluster.kept) == outcome.embedded == 80


def test_texts_with_a_vector_are_not_sent_and_need_no_cluster(
    tmp_path: Path, corpus: Path, artifact: Artifact
) -> None:
    cluster = FakeCluster()
    options = BuildOptions(cluster=cluster)
    build([corpus], tmp_path / "root", artifact, options)
    lines = corpus.read_text().splitlines()
    corpus.write_text("\n".join(reversed(lines)) + "\n")
    again = build([corpus], tmp_path / "root", artifact, options)
    assert (again.published, again.embedded, cluster.entered) == (True, 0, 1)

    corpus.write_text("\n".join([*lines, "A new one about jazz."]) + "\n")
    build([corpus], tmp_path / "root", artifact, options)

    assert cluster.entered == 2
    assert {*cluster.kept.values()} == {1}


def test_without_ray_a_sentence_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, artifact: Artifact
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)

    with (
        pytest.raises(ClusterError, match=r"pip install 'episode-search\[ray\]'"),
        RayCluster(None)(artifact, "fp32"),
    ):
        pass
