"""Score regularisation, checked by hand."""

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.ranking.score_regularization import BANDWIDTH, NEIGHBOURS, regularized

UNLIKE = np.exp(-1 / BANDWIDTH)  # the weight between texts whose cosine is 0


def axes(*numbers: int) -> Vectors:
    chosen: Vectors = np.eye(8, dtype=np.float32)[list(numbers)]
    return chosen


def scores(*values: float) -> Vectors:
    return np.array(values, np.float32)


def weight(cosine: float) -> float:
    return float(np.exp((cosine - 1) / BANDWIDTH))


def test_equal_texts_get_the_same_mean() -> None:
    found = regularized(scores(0.9, 0.3, 0.1), axes(0, 0, 1), 1)
    assert found == pytest.approx([0.6, 0.6, 0.1], abs=UNLIKE)


def test_a_score_keeps_its_own_share() -> None:
    found = regularized(scores(0.9, 0.3), axes(0, 0), 0.5)
    assert found == pytest.approx([0.75, 0.45])


def test_a_text_without_neighbours_keeps_its_score() -> None:
    found = regularized(scores(0.9, 0.1), axes(0, 1), 1)
    assert found == pytest.approx([0.9, 0.1], abs=UNLIKE)


def test_a_text_of_unknown_words_keeps_its_score() -> None:
    vectors = axes(0, 1, 1)
    vectors[:2] = 0
    found = regularized(scores(0.9, 0.1, 0.5), vectors, 1)
    assert found == pytest.approx([0.9, 0.1, 0.5], abs=2 * UNLIKE)


def test_scores_of_nearer_texts_are_mixed_more() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6]], np.float32)
    found = regularized(scores(0.8, 0.4), vectors, 1)
    assert found[0] == pytest.approx((0.8 + 0.4 * weight(0.8)) / (1 + weight(0.8)))
    assert found[1] == pytest.approx((0.4 + 0.8 * weight(0.8)) / (1 + weight(0.8)))


def test_only_the_nearest_neighbours_count() -> None:
    alike = [[1, 0]] * (NEIGHBOURS + 1)
    farther = [[0.8, 0.6]]
    vectors = np.array(alike + farther, np.float32)
    found = regularized(scores(*[0.5] * len(alike), 9), vectors, 1)
    assert found[:-1] == pytest.approx([0.5] * len(alike))
    assert found[-1] < 9


@pytest.mark.parametrize("count", [0, 1])
def test_none_or_one_text_has_no_neighbours(count: int) -> None:
    assert regularized(scores(0.5)[:count], axes(0)[:count], 1).tolist() == [0.5][:count]
