from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.index.vectors import recall, vector_index
from indexer.index.vectors.half_bytes import HalfByteVectors, HalfByteWriter
from indexer.index.vectors.recall import index_vectors
from indexer.index.vectors.record import IndexRecord
from indexer.index.vectors.vector_file import VectorWriter
from indexer.index.vectors.vector_index import VectorFiles, VectorIndex

DIMENSION = 16
COUNT = 6_000
WANTED = 0.95
FULL_DISK = Path("/dev/full")
SIZES = {"exact": (COUNT, COUNT), "one list": (COUNT - 1, COUNT), "lists": (100, COUNT - 1)}


def clustered(count: int, seed: int) -> Vectors:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((60, DIMENSION))
    vectors = centres[rng.integers(60, size=count)] + 0.7 * rng.standard_normal((count, DIMENSION))
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


VECTORS, QUESTIONS = clustered(COUNT, seed=1), clustered(40, seed=2)


def files_in(directory: Path) -> VectorFiles:
    return VectorFiles(directory / "vectors", directory / "codes")


def built(directory: Path, vectors: Vectors = VECTORS) -> tuple[VectorIndex, IndexRecord]:
    files = files_in(directory)
    writer = VectorWriter(files.vectors)
    for start in range(0, len(vectors), 1000):
        writer.add(vectors[start : start + 1000])
    return index_vectors(files, DIMENSION, lambda: clustered(200, seed=3), WANTED)


@pytest.fixture(scope="module", params=SIZES)
def kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, VectorIndex, IndexRecord]]:
    """The same vectors in each kind of index: as for few, for more, and for very many vectors."""
    directory = tmp_path_factory.mktemp("index")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_index, "_MIN_EXHAUSTIVE", 100)
        most_exact, most_in_one_list = SIZES[request.param]
        patch.setattr(vector_index, "MOST_EXACT", most_exact)
        patch.setattr(vector_index, "MOST_IN_ONE_LIST", most_in_one_list)
        yield request.param, directory, *built(directory)


@pytest.fixture
def index(kind: tuple[str, Path, VectorIndex, IndexRecord]) -> VectorIndex:
    return kind[2]


def nearest(among: Vectors, k: int) -> tuple[np.ndarray, np.ndarray]:
    cosines = QUESTIONS @ among.T
    best = np.argsort(-cosines, axis=1)[:, :k]
    return best, np.take_along_axis(cosines, best, axis=1)


def share_found(found: np.ndarray, wanted: np.ndarray) -> float:
    pairs = zip(found, wanted, strict=True)
    return float(np.mean([np.isin(want, have).mean() for have, want in pairs]))


def test_the_record_states_the_index_and_its_measured_recall(
    kind: tuple[str, Path, VectorIndex, IndexRecord],
) -> None:
    name, _, _, record = kind
    assert record.kind == (vector_index.EXACT if name == "exact" else vector_index.CODES)
    assert WANTED <= record.recall_at_10 <= 1
    if name == "lists":
        assert 1 < int(record.parameters["probes"]) < int(record.parameters["lists"])


def test_if_the_recall_cannot_be_reached_the_largest_search_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_index, "MOST_EXACT", 100)
    monkeypatch.setattr(recall, "_MOST_CANDIDATES", 5)
    _, record = built(tmp_path)
    assert record.parameters["candidates"] == 5
    assert record.recall_at_10 < WANTED


def test_the_nearest_are_found_best_first(index: VectorIndex) -> None:
    positions, scores = index.search(QUESTIONS, 10)
    best, cosines = nearest(VECTORS, 10)
    assert share_found(positions, best) >= WANTED - 0.03  # it was tuned with other questions
    assert (np.diff(scores, axis=1) <= 0).all()
    assert abs(scores[:, 0] - cosines[:, 0]).max() < 0.01
    exact = np.einsum("nd,nkd->nk", QUESTIONS, VECTORS[positions])
    np.testing.assert_allclose(scores, exact, atol=1e-3)


def test_a_single_question_finds_the_same_as_in_a_batch(index: VectorIndex) -> None:
    together, _ = index.search(QUESTIONS, 10)
    alone = [index.search(question[None], 10)[0][0] for question in QUESTIONS]
    assert share_found(np.array(alone), together) > 0.999


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5, 1.0])
def test_the_nearest_of_a_selection_are_found(index: VectorIndex, share: float) -> None:
    chosen = np.random.default_rng(4).random(COUNT) < share
    among = np.flatnonzero(chosen)
    positions, _ = index.search(QUESTIONS, 5, among)
    best, _ = nearest(VECTORS[among], 5)
    assert np.isin(positions, among).all()
    assert share_found(positions, among[best]) >= WANTED


def test_the_nearest_of_a_distant_selection_are_found(index: VectorIndex) -> None:
    for question in QUESTIONS[:5]:
        cosines = VECTORS @ question
        among = np.sort(np.argsort(cosines)[:500])
        positions, _ = index.search(question[None], 5, among)
        best = among[np.argsort(-cosines[among])[:5]]
        assert len(np.intersect1d(positions[0], best)) >= 4


@pytest.mark.parametrize("among", [None, np.arange(0, COUNT, 3)])
def test_a_search_for_more_than_all_gives_each_once(
    index: VectorIndex, among: np.ndarray | None
) -> None:
    every = np.arange(COUNT) if among is None else among
    positions, scores = index.search(QUESTIONS[:3], COUNT + 1, among)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(np.sort(positions, axis=1), [every] * 3)


def test_an_empty_selection_finds_nothing(index: VectorIndex) -> None:
    positions, scores = index.search(QUESTIONS, 10, np.empty(0, np.int64))
    assert positions.shape == scores.shape == (len(QUESTIONS), 0)


def test_a_reopened_index_finds_the_same(kind: tuple[str, Path, VectorIndex, IndexRecord]) -> None:
    _, directory, index, record = kind
    again = VectorIndex.open(files_in(directory), DIMENSION, record)
    assert len(again) == COUNT
    for one, other in zip(again.search(QUESTIONS, 10), index.search(QUESTIONS, 10), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_vectors_give_the_same_files(
    kind: tuple[str, Path, VectorIndex, IndexRecord], tmp_path: Path
) -> None:
    _, directory, _, record = kind
    assert built(tmp_path)[1] == record
    for file in directory.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_stored_vectors_are_the_added_ones_in_half_precision(index: VectorIndex) -> None:
    np.testing.assert_array_equal(index.rows(np.array([5, 0])), VECTORS[[5, 0]].astype(np.float16))


def test_of_vectors_that_are_all_equal_as_many_are_found_as_are_asked_for(tmp_path: Path) -> None:
    alike = np.repeat(np.eye(1, DIMENSION, dtype=np.float32), COUNT, axis=0)

    index, _ = built(tmp_path, alike)

    for among in (None, np.arange(0, COUNT, 3)):
        positions, scores = index.search(alike[:2], 10, among)
        assert [len(set(found)) for found in positions.tolist()] == [10, 10]
        assert scores == pytest.approx(1, abs=0.01)


def test_an_index_without_vectors_finds_nothing(tmp_path: Path) -> None:
    index, record = built(tmp_path, VECTORS[:0])
    assert record.recall_at_10 == 1
    assert index.search(QUESTIONS, 10)[0].shape == (len(QUESTIONS), 0)


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no device here that is always full")
@pytest.mark.parametrize("rows", [1, 10_000])
def test_a_full_disk_raises_an_error_even_for_few_rows(rows: int) -> None:
    writer = VectorWriter(FULL_DISK)
    with pytest.raises(OSError, match="No space left"):
        writer.add(clustered(rows, seed=0))


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no device here that is always full")
def test_a_full_disk_raises_an_error_for_the_codes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_index, "MOST_EXACT", 100)
    index, _ = built(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        index.write_codes(FULL_DISK)


def test_coarse_codes_find_most_of_the_nearest_in_few_bytes(tmp_path: Path) -> None:
    halves = HalfByteWriter(tmp_path / "codes", tmp_path / "scales", DIMENSION)
    with closing(halves):
        halves.add(VECTORS)
    vectors = HalfByteVectors(tmp_path / "codes", tmp_path / "scales", DIMENSION)
    VectorIndex.write_coarse(vectors, tmp_path / "faiss")
    assert (tmp_path / "faiss").stat().st_size < 12 * COUNT
    found, _ = VectorIndex.open_coarse(vectors, tmp_path / "faiss").search(QUESTIONS, 10)
    nearest = np.argsort(-(QUESTIONS @ VECTORS.T), axis=1)[:, :10]
    shares = [np.isin(*pair).mean() for pair in zip(nearest, found, strict=True)]
    assert np.mean(shares) > 0.75


def test_few_vectors_are_compared_without_codes(tmp_path: Path) -> None:
    halves = HalfByteWriter(tmp_path / "codes", tmp_path / "scales", DIMENSION)
    with closing(halves):
        halves.add(VECTORS[:10])
    vectors = HalfByteVectors(tmp_path / "codes", tmp_path / "scales", DIMENSION)
    VectorIndex.write_coarse(vectors, tmp_path / "faiss")
    assert not (tmp_path / "faiss").exists()
    [found], _ = VectorIndex.open_coarse(vectors, tmp_path / "faiss").search(VECTORS[3:4], 2)
    assert found[0] == 3
