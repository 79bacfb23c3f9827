"""Fused scores, checked by hand with the fake encoder: one axis for each word."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.index.clause_index import ClauseFiles, ClauseIndex, ClauseWriter, CodeWriter
from indexer.index.indexes import Indexes
from indexer.index.vectors.vector_file import VectorFile, VectorWriter
from indexer.index.vectors.vector_index import VectorIndex
from indexer.index.words.forward_index import ForwardFiles, ForwardIndex, ForwardWriter
from indexer.index.words.lexical_index import LexicalIndex, Ranking, lexical_writer
from indexer.ranking.candidates import LATER_PASSAGE_HANDICAP
from indexer.ranking.fusion import (
    CANDIDATES,
    EXAMINED,
    FusionWeights,
    Ranked,
    by_text,
    fuse,
    rank_dense,
    rank_lexical,
)
from indexer.storage.segments import Segments
from indexer.text.sentences import Span
from tests.fakes import DIMENSION, BagOfWords

Texts = Sequence[str]

WEIGHTS = FusionWeights(lexical=0.4, evidence=0.25, feedback=0, neighbours=0)
NOTHING = Ranking(np.empty(0, np.int64), np.empty(0, np.float32))
HALF = 0.5**0.5  # the cosine of "kafka" and "kafka flink"

ROUNDED = 5e-4  # vectors are stored in half precision


def vector(text: str) -> Vectors:
    only: Vectors = encode([text])[0]
    return only


def encode(texts: Texts) -> Vectors:
    return BagOfWords().encode_documents(texts) if texts else np.empty((0, DIMENSION), np.float32)


def ranking(found: dict[int, float], rest: float = 0) -> Ranking:
    scores = np.array(list(found.values()), np.float32)
    return Ranking(np.array(list(found), np.int64), scores, rest)


def indexes_of(directory: Path, rows: Sequence[tuple[Texts, Texts]]) -> Indexes:
    """Indexes of each row's passages and clauses; tests give lexical rankings to `fuse`."""
    files = ClauseFiles(*(directory / f"{name}.npy" for name in "abcd"))
    clauses_of_rows, codes = ClauseWriter(files), CodeWriter(files, DIMENSION)
    dense = VectorWriter(directory / "vectors")
    starts = [0]
    for passages, clauses in rows:
        dense.add(encode(passages))
        clauses_of_rows.add([len(clauses)], [Span(0, 1)] * len(clauses))
        codes.add(encode(clauses))
        starts.append(starts[-1] + len(passages))
    clauses_of_rows.close()
    codes.close()
    with lexical_writer(directory / "lexical"):
        pass
    passages_of_rows = Segments(np.array(starts))
    lexical = LexicalIndex(directory / "lexical")
    vectors = VectorFile(directory / "vectors", DIMENSION)
    words = ForwardFiles(*(directory / f"{name}.npy" for name in ("numbers", "steps", "ends")))
    ForwardWriter(words, str).close()
    return Indexes(
        VectorIndex.of(vectors), passages_of_rows, ClauseIndex(files), lexical, ForwardIndex(words)
    )


@pytest.fixture
def indexes(tmp_path: Path) -> Indexes:
    return indexes_of(
        tmp_path,
        [
            (["kafka flink"], ["kafka", "flink"]),
            (["jazz guitar"], ["jazz guitar"]),
            (["kafka"], []),
            (["rome", "kafka flink"], ["rome"]),
        ],
    )


def test_the_score_is_a_convex_combination_of_text_clause_and_words(indexes: Indexes) -> None:
    dense, lexical = ranking({0: HALF, 1: 0.0}), ranking({0: 0.8})
    found = fuse(indexes, vector("kafka"), dense, lexical, WEIGHTS)
    assert found.rows.tolist() == [0, 1]
    # 0.6 of the dense score, which is 3/4 text and 1/4 best clause, and 0.4 of the lexical score.
    assert found.scores == pytest.approx(
        [0.6 * (0.75 * HALF + 0.25 * 1) + 0.4 * 0.8, 0], abs=ROUNDED
    )


def test_each_score_is_returned_beside_the_fused_one(indexes: Indexes) -> None:
    found = fuse(indexes, vector("kafka"), ranking({0: HALF}), ranking({0: 0.8}), WEIGHTS)
    assert [float(column[0]) for column in found[2:5]] == pytest.approx([HALF, 1, 0.8], abs=ROUNDED)


def test_a_row_found_only_by_words_gets_its_cosines(indexes: Indexes) -> None:
    found = fuse(indexes, vector("kafka"), ranking({1: 0.0}), ranking({0: 0.8}), WEIGHTS)
    assert found.rows.tolist() == [0, 1]
    assert found.dense == pytest.approx([HALF, 0], abs=ROUNDED)
    assert found.evidence == pytest.approx([1, 0], abs=ROUNDED)


def test_a_row_found_only_by_meaning_has_a_lexical_score_of_0(indexes: Indexes) -> None:
    found = fuse(indexes, vector("kafka"), ranking({0: HALF}), ranking({1: 0.5}), WEIGHTS)
    assert dict(zip(found.rows.tolist(), found.lexical.tolist(), strict=True)) == {0: 0, 1: 0.5}


def test_a_row_without_clauses_uses_the_score_of_its_text(indexes: Indexes) -> None:
    found = fuse(indexes, vector("kafka"), ranking({2: 1.0}), NOTHING, WEIGHTS)
    assert (found.dense.tolist(), found.evidence.tolist()) == ([1], [1])


def test_a_later_passage_counts_for_its_row_with_a_penalty(indexes: Indexes) -> None:
    found = fuse(indexes, vector("kafka"), ranking({3: HALF}), NOTHING, WEIGHTS)
    assert found.dense == pytest.approx([HALF - LATER_PASSAGE_HANDICAP], abs=ROUNDED)


def test_no_candidates_give_an_empty_ranking(indexes: Indexes) -> None:
    found = fuse(indexes, vector("kafka"), NOTHING, NOTHING, FusionWeights())
    assert [len(column) for column in found] == [0] * len(Ranked._fields)


def test_with_weights_of_0_only_the_text_counts(indexes: Indexes) -> None:
    dense, lexical = ranking({0: HALF, 2: 1.0}), ranking({0: 1.0})
    weights = FusionWeights(lexical=0, evidence=0, feedback=0, neighbours=0)
    found = fuse(indexes, vector("kafka"), dense, lexical, weights)
    assert found.rows.tolist() == [2, 0]
    assert found.scores == pytest.approx([1, HALF], abs=ROUNDED)


# Many candidates


@pytest.fixture
def crowd(tmp_path: Path) -> Indexes:
    """Three rows about kafka and flink, then one about jazz for each candidate, then flink."""
    texts = ["kafka flink"] * 3 + ["jazz"] * CANDIDATES + ["flink"]
    return indexes_of(tmp_path, [([text], [text]) for text in texts])


def test_a_row_beyond_the_lexical_candidates_gets_the_score_bound(
    indexes: Indexes,
) -> None:
    full = ranking({0: 1.0, 1: 0.7}, rest=0.7)
    found = fuse(indexes, vector("kafka"), ranking({2: 1.0}), full, WEIGHTS)
    assert dict(zip(found.rows.tolist(), found.lexical, strict=True)) == pytest.approx(
        {0: 1.0, 1: 0.7, 2: 0.7}
    )
    assert found.scores[0] == pytest.approx(0.6 * 1 + 0.4 * 0.7)


def test_feedback_moves_the_question_towards_the_first_three(crowd: Indexes) -> None:
    rows = np.array([*range(EXAMINED - 1), CANDIDATES + 3])
    dense = Ranking(rows, np.zeros(len(rows), np.float32))
    weights = FusionWeights(lexical=0, evidence=0, feedback=0.5, neighbours=0)
    found = fuse(crowd, vector("kafka"), dense, NOTHING, weights)
    # kafka + (kafka + flink) / (2 sqrt 2): (1.354, 0.354), of length 1.399
    flink = (HALF / 2) / np.hypot(1 + HALF / 2, HALF / 2)
    assert found.rows[:4].tolist() == [0, 1, 2, CANDIDATES + 3]
    assert found.scores[3] == pytest.approx(flink, abs=ROUNDED)
    assert found.dense[3] == 0  # the returned cosine is that of the original question


def test_a_handful_of_candidates_gives_no_feedback(crowd: Indexes) -> None:
    rows = np.array([*range(EXAMINED - 2), CANDIDATES + 3])
    dense = Ranking(rows, np.zeros(len(rows), np.float32))
    weights = FusionWeights(lexical=0, feedback=0.5, neighbours=0)
    found = fuse(crowd, vector("kafka"), dense, NOTHING, weights)
    assert found.scores[3:].tolist() == [0] * (len(rows) - 3)


def test_rows_similar_to_the_best_rise_above_isolated_ones(indexes: Indexes) -> None:
    """Rows 0 and 2 are about kafka; only row 1 is about jazz."""
    dense, lexical = ranking({0: HALF, 1: 0.0, 2: 1.0}), ranking({2: 1.0, 1: 0.5})
    weights = FusionWeights(lexical=0.6, evidence=0, feedback=0, neighbours=0)
    alone = fuse(indexes, vector("kafka"), dense, lexical, weights)
    assert alone.rows.tolist() == [2, 1, 0]
    together = fuse(indexes, vector("kafka"), dense, lexical, replace(weights, neighbours=1))
    assert together.rows.tolist() == [2, 0, 1]
    assert together.dense[1] == pytest.approx(HALF, abs=ROUNDED)  # its own cosine is what is told


def test_equal_scores_are_ordered_by_row(crowd: Indexes) -> None:
    dense = ranking(dict.fromkeys((50, 7, 2, 103, 0, 1), 0.0))
    found = fuse(crowd, vector("kafka"), dense, NOTHING, WEIGHTS)
    assert found.rows.tolist() == [0, 1, 2, 7, 50, 103]
    assert rank_dense(crowd, vector("kafka"), dense, NOTHING, WEIGHTS).rows.tolist() == [
        *(0, 1, 2, 7, 50, 103)
    ]


# Dense or lexical ranking alone


def test_dense_ranking_returns_lexical_scores_without_counting_them(indexes: Indexes) -> None:
    dense, lexical = ranking({0: HALF, 2: 1.0}), ranking({0: 1.0, 1: 0.5})
    found = rank_dense(indexes, vector("kafka"), dense, lexical, WEIGHTS)
    assert found.rows.tolist() == [2, 0]
    assert found.scores == pytest.approx([1, 0.75 * HALF + 0.25 * 1], abs=ROUNDED)
    assert found.lexical.tolist() == [0, 1]


def test_lexical_ranking_returns_cosines_without_counting_them(indexes: Indexes) -> None:
    found = rank_lexical(indexes, vector("kafka"), ranking({1: 1.0, 0: 0.25}))
    assert found.rows.tolist() == [1, 0]
    assert found.scores.tolist() == found.lexical.tolist() == [1, 0.25]
    assert found.dense == pytest.approx([0, HALF], abs=ROUNDED)


# A deeper search for later pages


def ranked(scores: dict[int, float]) -> Ranked:
    rows, of, _ = ranking(scores)
    return Ranked(rows, of, of, of, of, of, by_text(rows))


def test_a_deeper_search_appends_rows_and_never_reorders_the_first() -> None:
    both = ranked({4: 0.9, 2: 0.5}).extended_by(ranked({2: 1.0, 7: 0.8, 4: 0.7, 1: 0.1}))
    assert both.rows.tolist() == [4, 2, 7, 1]
    assert both.scores == pytest.approx([0.9, 0.5, 0.5, 0.1])
    assert both.dense == pytest.approx([0.9, 0.5, 0.8, 0.1])


def test_a_deeper_search_after_no_hits_is_unchanged() -> None:
    deeper = ranked({2: 1.0, 7: 0.8})
    both = ranked({}).extended_by(deeper)
    assert both.rows.tolist() == [2, 7]
    assert both.scores.tolist() == deeper.scores.tolist()
