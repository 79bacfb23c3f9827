from pathlib import Path

import numpy as np
import pytest

from indexer import vector_index
from indexer.encoder import Vectors
from indexer.vector_index import VectorIndex

FULL_DISK = Path("/dev/full")


def unit_vectors(count: int, seed: int) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


VECTORS, QUESTIONS = unit_vectors(200, seed=1), unit_vectors(7, seed=2)


@pytest.fixture(params=["in memory", "reopened"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> VectorIndex:
    index = VectorIndex.empty(16)
    index.add(VECTORS[:150])
    index.add(VECTORS[150:])
    if request.param == "in memory":
        return index
    index.write(tmp_path / "index")
    return VectorIndex.open(tmp_path / "index")


def test_the_nearest_rows_are_those_of_a_full_scan_best_first(index: VectorIndex) -> None:
    cosines = QUESTIONS @ VECTORS.T
    best = np.argsort(-cosines, axis=1)[:, :10]
    rows, scores = index.search(QUESTIONS, 10)
    np.testing.assert_array_equal(rows, best)
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, best, 1), atol=1e-6)


def test_asking_for_more_than_there_is_gives_every_row_once(index: VectorIndex) -> None:
    rows, scores = index.search(QUESTIONS, 1000)
    assert scores.shape == (7, 200)
    np.testing.assert_array_equal(np.sort(rows, axis=1), [range(200)] * 7)


@pytest.mark.parametrize("few", [1, 50, 1024])
@pytest.mark.parametrize("count", [0, 1, 5, 60, 200])
def test_among_some_rows_the_nearest_of_them_are_found_however_few_or_many_they_are(
    index: VectorIndex, monkeypatch: pytest.MonkeyPatch, count: int, few: int
) -> None:
    monkeypatch.setattr(vector_index, "_FEW", few)
    among = np.sort(np.random.default_rng(3).permutation(200)[:count])
    cosines = QUESTIONS @ VECTORS[among].T
    best = np.argsort(-cosines, axis=1)[:, :10]
    rows, scores = index.search(QUESTIONS, 10, among)
    np.testing.assert_array_equal(rows, among[best])
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, best, 1), atol=1e-6)


def test_its_vectors_are_those_that_were_added(index: VectorIndex) -> None:
    assert len(index) == 200
    np.testing.assert_array_equal(index.rows(np.arange(200)), VECTORS)


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no device here that is always full")
@pytest.mark.parametrize("rows", [1, 10_000])
def test_a_full_disk_is_told_however_little_is_written(rows: int) -> None:
    index = VectorIndex.empty(16)
    index.add(unit_vectors(rows, seed=0))
    with pytest.raises(OSError, match="No space left"):
        index.write(FULL_DISK)
