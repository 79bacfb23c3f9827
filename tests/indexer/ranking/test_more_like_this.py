"""Similar episodes, over a snapshot whose scores can be checked by hand."""

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.index.indexes import Indexes
from indexer.ranking import more_like_this
from indexer.ranking.more_like_this import (
    MOST_CLAUSES_A_CANDIDATE,
    Examples,
    Profile,
    SimilarityWeights,
    best_pair,
    candidates,
    rank,
)
from indexer.snapshot import Snapshot
from indexer.storage.segments import Rows, Scores
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


def test_of_a_long_text_the_first_clauses_are_compared(
    open_fake: OpenFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    episodes = [
        {"id": who, "summary": " ".join(f"{who} met number {number}." for number in range(700))}
        for who in ("Kafka", "Flink")
    ]
    found = open_fake([*episodes, {"id": "jazz", "summary": "Jazz guitar."}])
    examples = Examples(found.indexes, found.episodes)
    monkeypatch.setattr(more_like_this, "_WINDOW", 1)
    compared: list[tuple[int, int]] = []
    best_of = more_like_this._best_of_window

    def counted(indexes: Indexes, said: Vectors, rows: Rows, otherwise: Scores) -> Scores:
        compared.append((len(said), len(rows)))
        return best_of(indexes, said, rows, otherwise)

    monkeypatch.setattr(more_like_this, "_best_of_window", counted)
    ranked_rows(found, Profile([examples.of_episode(0, 10)]), SimilarityWeights())

    assert compared == [(10, 1)] * 3  # one at a time: an example's clauses, a candidate
    assert len(examples.of_episode(1).clauses.vectors) == MOST_CLAUSES_A_CANDIDATE < 700


def test_candidates_in_windows_score_as_together(
    snapshot: Snapshot, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = Profile([examples.of_episode(0)], [examples.of_episode(2)])
    rows, words = candidates(snapshot.indexes, profile, 100)
    together = rank(snapshot.indexes, profile, rows, words, SimilarityWeights())

    monkeypatch.setattr(more_like_this, "_WINDOW", 2)
    apart = rank(snapshot.indexes, profile, rows, words, SimilarityWeights())

    assert apart.rows.tolist() == together.rows.tolist()
    assert apart.evidence == pytest.approx(together.evidence, abs=1e-6)


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
