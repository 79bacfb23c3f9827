"""What a score is worth, and the figures that judge it."""

import random
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.episode import Episode
from indexer.ranking.calibration import Calibration, features_of, fitting
from indexer.ranking.calibration.fitting import FEWEST_EPISODES, Example
from indexer.ranking.calibration.logistic import Logistic, fit
from indexer.ranking.calibration.prior import PRIOR
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.ranking.calibration.synthetic_queries import (
    SyntheticQuery,
    off_topic_queries,
    synthetic_queries,
)
from indexer.ranking.fusion import Ranked
from indexer.snapshot import Snapshot
from tests.conftest import OpenFake
from tests.evaluation import confidence
from tests.evaluation.collection import Collection, Query
from tests.evaluation.confidence import auc, expected_calibration_error, measure_confidence
from tests.evaluation.metrics import estimate, mrr_at_10, ndcg_at_10, recall_at, resampled

Floats = NDArray[np.float64]


def column(*values: float) -> Floats:
    return np.array(values, float)[:, None]


# The regression


def drawn(count: int) -> tuple[Floats, Floats]:
    """Labels as likely as 1 / (1 + e ** (1 - 2 x)), so that x = 0.5 is even."""
    rng = np.random.default_rng(0)
    features = rng.uniform(-3, 3, (count, 1))
    labels = rng.random(count) < 1 / (1 + np.exp(1 - 2 * features[:, 0]))
    return features, labels.astype(float)


def test_a_fit_recovers_the_chances_that_labels_were_drawn_with() -> None:
    features, labels = drawn(20_000)
    fitted = fit(features, labels, np.ones(len(labels)))
    chances = fitted.probability(column(-1, 0, 0.5, 1, 2))
    assert chances == pytest.approx(
        1 / (1 + np.exp(1 - 2 * np.array([-1, 0, 0.5, 1, 2]))), abs=0.02
    )


def test_probabilities_rise_with_a_feature_that_speaks_for_it() -> None:
    features, labels = drawn(500)
    chances = fit(features, labels, np.ones(500)).probability(column(*np.linspace(-9, 9, 50)))
    assert (np.diff(chances) > 0).all()
    assert 0 < chances[0] < 0.01 < 0.99 < chances[-1] < 1


def test_a_chance_is_the_same_whatever_is_asked_with_it() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1000, 4))
    fitted = fit(features, (features.sum(axis=1) > 0).astype(float), np.ones(1000))
    alone = [fitted.probability(features[place : place + 1])[0] for place in range(1000)]
    assert fitted.probability(features).tolist() == alone


def test_an_example_of_no_weight_does_not_count() -> None:
    features, labels = drawn(500)
    weights = np.tile([1.0, 0.0], 250)
    altered = np.where(weights, labels, 1 - labels)
    assert fit(features, labels, weights) == fit(features, altered, weights)


def test_examples_that_can_be_told_apart_perfectly_give_finite_weights() -> None:
    fitted = fit(column(*range(20)), np.repeat([0.0, 1.0], 10), np.ones(20))
    assert fitted.probability(column(9.5)) == pytest.approx(0.5, abs=0.01)
    assert abs(fitted.weights[0]) < 20


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_labels_that_are_all_alike_and_features_that_never_vary_are_fitted(label: float) -> None:
    fitted = fit(column(*[2.0] * 50), np.full(50, label), np.ones(50))
    assert fitted.probability(column(2.0)) == pytest.approx(label, abs=0.05)


@pytest.mark.parametrize("side", [PRIOR.relevance, PRIOR.answerable])
def test_with_the_prior_no_feature_speaks_against_a_hit(side: Logistic) -> None:
    assert min(side.weights) >= 0


def test_features_are_cosines_and_how_much_the_words_say() -> None:
    ranked = Ranked(
        np.array([4, 2]),
        *(
            np.array(v, np.float32)
            for v in ([1, 1], [0.5, 0.1], [0.6, 0.2], [2, 0.9], [np.nan, np.nan])
        ),
    )
    features = features_of(ranked, np.array([1, 0.25]), question_weight=3.0)
    assert features == pytest.approx(
        np.array([[0.5, 0.6, 1, np.log(4)], [0.1, 0.2, 0.0625, np.log(1.75)]])
    )


# Questions made of a corpus

SAMPLE = [
    (
        row,
        Episode(
            episode_id=str(row),
            title=f"What {guest} built: part {row}",
            summary=f"In this hour we meet {guest} who was building databases for large "
            f"companies near {place}. A short end.",
        ),
    )
    for row, (guest, place) in enumerate(
        [("Ann Arbor", "Berlin"), ("Bob Stone", "Geneva"), ("Carl Friedrich", "Madrid")]
    )
]


def asked(seed: int = 0) -> list[SyntheticQuery]:
    return list(synthetic_queries(SAMPLE, random.Random(seed)))


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def test_pseudo_questions_are_reproducible() -> None:
    assert asked() == asked()
    assert asked() != asked(seed=1)


def test_each_episode_is_asked_for_by_title_fragment_memory_keywords_and_name() -> None:
    made = {row: [text for text, of in asked() if of == row] for row, _ in SAMPLE}
    for row, episode in SAMPLE:
        title, fragment, memory, keywords, name = made[row]
        assert title == episode.title
        assert words(memory) < words(episode.summary)
        assert fragment in episode.summary
        assert 4 <= len(fragment.split()) <= 8
        assert len(words(keywords) & words(episode.summary)) >= 3
        assert name in episode.summary
        assert name.istitle()


def test_what_is_too_short_or_says_nothing_is_not_asked() -> None:
    mute = Episode(episode_id="a", title="Ep. 12", summary="Too short.")
    assert list(synthetic_queries([(0, mute)], random.Random(0))) == []


def test_questions_from_elsewhere_are_not_the_ones_that_judge_them() -> None:
    fitted_on, judged_with = off_topic_queries(), confidence.off_topic_questions()
    everything = [text.casefold() for text in fitted_on + judged_with]
    assert len(set(everything)) == len(everything) == len(fitted_on) + len(judged_with)
    assert min(len(fitted_on), len(judged_with)) >= 40


# A corpus's own calibration


def chances(calibration: Calibration, snapshot: Snapshot, texts: list[str]) -> Floats:
    """How likely it is that the first hit answers."""
    asker = QueryRunner(snapshot.indexes, snapshot.encoder, snapshot.episodes, reranker=None)
    firsts = [
        asker.first(ranked, text) for text, ranked in zip(texts, asker.run(texts), strict=True)
    ]
    return calibration.answerable.probability(np.vstack(firsts))


def test_a_small_corpus_is_given_the_prior(open_fake: OpenFake) -> None:
    small = open_fake({"id": str(n), "summary": "Jazz."} for n in range(FEWEST_EPISODES - 1))
    assert small.calibration == PRIOR


def test_a_corpus_that_says_one_thing_over_and_over_is_calibrated(open_fake: OpenFake) -> None:
    text = "Kafka met Ann Arbor at the stream of a queue, and jazz was played there."
    alike = open_fake({"id": str(n), "summary": text} for n in range(2 * FEWEST_EPISODES))
    assert chances(alike.calibration, alike, ["kafka stream queue"]) > 0.5
    assert chances(alike.calibration, alike, ["tulips"]) < 0.5


@pytest.mark.parametrize(("relevant", "fits"), [(0, False), (29, False), (30, True)])
def test_where_hardly_a_question_finds_its_episode_the_prior_is_taken(
    relevant: int, fits: bool, fitted: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly = np.full((1, 4), 0.5)
    found = [Example(nearly, n < relevant, off_topic=n >= 50) for n in range(100)]
    monkeypatch.setattr(fitting, "examples", lambda *_: found)
    asker = QueryRunner(fitted.indexes, fitted.encoder, fitted.episodes, reranker=None)
    own = partial(fitting.OwnQueries.of, fitted.episodes, fitted.encoder)
    calibration = fitting.calibrate(asker, own)
    assert (calibration != PRIOR) is fits


def test_a_larger_corpus_is_fitted_on_itself(fitted: Snapshot) -> None:
    assert len(fitted.episodes) >= FEWEST_EPISODES
    assert fitted.calibration.fitted_on > FEWEST_EPISODES


def test_what_a_corpus_can_answer_is_likelier_than_what_it_cannot(fitted: Snapshot) -> None:
    summaries = [fitted.episodes.episode(row).summary for row in range(0, 300, 15)]
    known = chances(fitted.calibration, fitted, [" ".join(s.split()[2:7]) for s in summaries])
    unknown = chances(fitted.calibration, fitted, confidence.off_topic_questions())
    assert known.min() > 0.5
    assert np.quantile(unknown, 0.9) < 0.5
    assert auc(known, unknown) > 0.98


def test_an_episode_that_is_taken_away_leaves_the_others(fitted: Snapshot) -> None:
    asker = QueryRunner(fitted.indexes, fitted.encoder, fitted.episodes, reranker=None)
    (ranked,) = asker.run([fitted.episodes.episode(7).summary])
    assert ranked.rows[0] == 7
    others = ranked.rows[asker.without(ranked, 7)]
    assert 7 not in others
    assert len(others) >= len(ranked.rows) - 5


def test_confidence_is_measured_with_the_episode_there_and_taken_away(fitted: Snapshot) -> None:
    queries = [
        Query(episode.episode_id, episode.summary.rpartition(".")[0])
        for episode in map(fitted.episodes.episode, range(0, 300, 10))
    ]
    qrels = {query.query_id: {query.query_id: 1, "no episode": 1} for query in queries}
    measured = measure_confidence(fitted, Collection("fake", Path(), queries, qrels))
    assert measured.auc_off_topic.mean > 0.98
    assert measured.auc_removed.mean > 0.9
    assert measured.answered.mean == 1
    assert measured.answered_off_topic.mean < 0.1


# The figures that judge


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1),
        ([0.1], [0.5, 0.9], 0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.3], [0.1, 0.3, 0.5], (3 + 1.5) / 6),
    ],
)
def test_auc_is_the_share_of_pairs_in_the_right_order(
    positives: list[float], negatives: list[float], expected: float
) -> None:
    assert auc(np.array(positives), np.array(negatives)) == pytest.approx(expected)


def test_calibration_error_is_the_mean_distance_of_promised_and_kept() -> None:
    # The four of the highest bin promise 3.75 and keep 3; the other promises 0.1 and keeps 1.
    chances = np.array([0.9, 0.9, 0.95, 1.0, 0.1])
    labels = np.array([1.0, 1.0, 0.0, 1.0, 1.0])
    assert expected_calibration_error(chances, labels) == pytest.approx((0.75 + 0.9) / 5)
    assert expected_calibration_error(labels, labels) == 0


GRADES = {"a": 2, "b": 1, "c": 0}


@pytest.mark.parametrize(
    ("ranking", "ndcg", "mrr", "recall"),
    [
        (["a", "b", "c"], 1, 1, 1),
        (["c", "b", "a"], (1 / np.log2(3) + 2 / 2) / (2 + 1 / np.log2(3)), 0.5, 1),
        (["x", "y", "a"], (2 / 2) / (2 + 1 / np.log2(3)), 1 / 3, 0.5),
        (["c"], 0, 0, 0),
        ([], 0, 0, 0),
        ([*"0123456789", "a", "b"], 0, 0, 0),
    ],
)
def test_a_ranking_is_worth_what_is_reckoned_by_hand(
    ranking: list[str], ndcg: float, mrr: float, recall: float
) -> None:
    assert ndcg_at_10(ranking, GRADES) == pytest.approx(ndcg)
    assert mrr_at_10(ranking, GRADES) == pytest.approx(mrr)
    assert recall_at(10, ranking, GRADES) == pytest.approx(recall)


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = estimate([0.0, 1.0, 1.0] * 5), estimate([0.0, 1.0, 1.0] * 500)
    for each in (few, many):
        assert each.mean == pytest.approx(2 / 3)
        assert each.low < each.mean < each.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert estimate([0.5] * 9) == estimate([0.5])


def test_a_measure_of_two_samples_has_an_interval_that_narrows_with_more_questions() -> None:
    rng = np.random.default_rng(0)
    few, many = (resampled(auc, rng.normal(1, 1, n), rng.normal(0, 1, n)) for n in (40, 4000))
    for each in (few, many):
        assert each.low < each.mean < each.high
    # The chance that of two draws of unit variance the one with a mean of 1 is the larger.
    assert many.low < 0.760 < many.high
    assert many.high - many.low < (few.high - few.low) / 5
