from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.index.clause_index import ClauseFiles, ClauseIndex, ClauseWriter, CodeWriter
from indexer.text.sentences import Span

DIMENSION = 384


@pytest.fixture
def files(tmp_path: Path) -> ClauseFiles:
    return ClauseFiles(*(tmp_path / f"{name}.npy" for name in ("codes", "scales", "spans", "at")))


def unit_vectors(count: int) -> Vectors:
    vectors = np.random.default_rng(count).normal(size=(count, DIMENSION)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def written(files: ClauseFiles, *rows: tuple[list[Span], Vectors]) -> ClauseIndex:
    clauses, codes = ClauseWriter(files), CodeWriter(files, DIMENSION)
    with closing(clauses), closing(codes):
        for spans, vectors in rows:
            clauses.add([len(spans)], spans)
            codes.add(vectors)
    return ClauseIndex(files)


def test_cosines_differ_from_exact_ones_by_less_than_three_thousandths(files: ClauseFiles) -> None:
    clauses, questions = unit_vectors(500), unit_vectors(200)
    clauses[0] = np.eye(DIMENSION, dtype=np.float32)[0]  # a vector along one axis
    kept = written(files, ([Span(0, 1)] * 500, clauses)).vectors(np.arange(500))
    np.testing.assert_allclose(kept @ questions.T, clauses @ questions.T, atol=0.003)
    np.testing.assert_allclose(kept @ clauses[0], clauses @ clauses[0], atol=0.003)


def test_a_clause_takes_one_byte_for_each_dimension(files: ClauseFiles) -> None:
    written(files, ([Span(0, 1)] * 10, unit_vectors(10)))
    assert np.load(files.codes).dtype == np.int8
    assert np.load(files.codes).shape == (10, DIMENSION)


def test_each_clause_has_the_span_of_its_sentence(files: ClauseFiles) -> None:
    spans = [Span(0, 9), Span(0, 9), Span(10, 200_000)]
    evidence = written(files, (spans[:2], unit_vectors(2)), (spans[2:], unit_vectors(1)))
    assert evidence.sentences(np.arange(3)) == spans
    assert evidence.segments.rows_of(np.arange(3)).tolist() == [0, 0, 1]


def test_rows_without_sentences_own_nothing(files: ClauseFiles) -> None:
    nothing = unit_vectors(0)
    evidence = written(files, ([], nothing), ([Span(0, 4)], unit_vectors(1)), ([], nothing))
    assert [evidence.segments.gather(np.array([row]))[0].tolist() for row in range(3)] == [
        *([], [0], [])
    ]
    assert evidence.vectors(np.array([], np.int64)).shape == (0, DIMENSION)


def test_a_corpus_without_any_sentence_is_written_and_opened(files: ClauseFiles) -> None:
    evidence = written(files, ([], unit_vectors(0)))
    assert len(evidence.segments) == 1
    assert evidence.vectors(np.array([], np.int64)).shape == (0, DIMENSION)


def test_a_reopened_index_is_the_same_and_memory_mapped(files: ClauseFiles) -> None:
    first = written(files, ([Span(0, 1)] * 3, unit_vectors(3)))
    again = ClauseIndex(files)
    at = np.array([2, 0])
    np.testing.assert_array_equal(first.vectors(at), again.vectors(at))
    assert files.codes.name in Path("/proc/self/maps").read_text()
