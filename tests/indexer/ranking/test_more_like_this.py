"""Similar episodes, over a snapshot whose scores can be checked by hand."""

import numpy as np
import pytest

from indexer.ranking.more_like_this import (
    Examples,
    Profile,
    SimilarityWeights,
    best_pair,
    candidates,
    rank,
)
from indexer.snapshot import Snapshot
from tests.conftest import OpenFake
from tests.fakes import BagOfWords

TEXTS = ("Kafka stream.", "Kafka queue.", "Jazz guitar.", "Rome empire.", "Kafka jazz.")


@pytest.fixture(scope="module")
def snapshot(open_fake: OpenFake) -> Snapshot:
    return open_fake({"id": f"e{n}", "summary": text} for n, text in enumerate(TEXTS))


@pytest.fixture(scope="module")
def examples(snapshot: Snapshot) -> Examples:
    return Examples(snapshot.indexes, snapshot.episodes)


def ranked_rows(snapshot: Snapshot, profile: Profile, weights: SimilarityWeights) -> list[int]:
    rows, words = candidates(snapshot.indexes, profile, 100)
    found: list[int] = rank(snapshot.indexes, profile, rows, words, weights).rows.tolist()
    return found


def test_a_score_is_the_weighted_mean_of_text_clause_and_terms(
    snapshot: Snapshot, examples: Examples
) -> None:
    profile = Profile([examples.of_episode(0)])
    rows, words = candidates(snapshot.indexes, profile, 100)

    ranked = rank(
        snapshot.indexes, profile, rows, words, SimilarityWeights(lexical=0.5, evidence=0.4)
    )

    place = ranked.rows.tolist().index(1)  # one of two words in common
    assert ranked.dense[place] == pytest.approx(0.5, abs=5e-4)
    assert ranked.evidence[place] == pytest.approx(0.5, abs=0.01)
    meaning = 0.6 * ranked.dense[place] + 0.4 * ranked.evidence[place]
    assert ranked.scores[place] == pytest.approx(0.5 * meaning + 0.5 * ranked.lexical[place])


def test_term_weights_sum_to_1_and_rare_terms_weigh_more(examples: Examples) -> None:
    shares = examples.of_episode(0).term_weights

    assert sum(shares.values()) == pytest.approx(1)
    assert shares["stream"] > shares["kafka"]


@pytest.mark.parametrize(
    "weights",
    [SimilarityWeights(), SimilarityWeights(lexical=0, evidence=0), SimilarityWeights(lexical=1)],
)
@pytest.mark.parametrize(("unliked", "left"), [(0, 2), (2, 0)])
def test_scores_of_unliked_examples_are_subtracted(
    snapshot: Snapshot, examples: Examples, unliked: int, left: int, weights: SimilarityWeights
) -> None:
    profile = Profile([examples.of_episode(4)], [examples.of_episode(unliked)])

    rows = ranked_rows(snapshot, profile, weights)

    assert rows.index(left) < rows.index(unliked)


def test_a_text_ranks_like_an_episode_with_the_same_words(examples: Examples) -> None:
    text = examples.of_text(TEXTS[0], BagOfWords().encode_queries)
    episode = examples.of_episode(0)

    assert np.allclose(text.vector, episode.vector, atol=5e-4)
    assert text.term_weights == episode.term_weights
    assert text.clauses.sentences == episode.clauses.sentences


def test_the_best_pair_also_resembles_the_whole_texts(open_fake: OpenFake) -> None:
    plea = "Subscribe."
    snapshot = open_fake(
        [
            {"id": "a", "summary": f"{plea} Kafka stream queue. Kafka cache."},
            {"id": "b", "summary": f"A kafka stream queue. Kafka database. {plea}", "title": plea},
        ]
    )
    examples = Examples(snapshot.indexes, snapshot.episodes)

    pair = best_pair([examples.of_episode(0)], examples.of_episode(1))

    assert pair is not None
    assert pair[0] == "Kafka stream queue."
    assert snapshot.episodes.episode(1).summary[slice(*pair[1])] == "A kafka stream queue."
