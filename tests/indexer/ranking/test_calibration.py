"""Calibration of scores to probabilities, and the metrics that judge it."""

import random
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.episode import Episode
from indexer.ranking.calibration import Calibration, fitting
from indexer.ranking.calibration.features import FEATURES, Asked, leads_of, reworded
from indexer.ranking.calibration.fitting import FEWEST_EPISODES, Example
from indexer.ranking.calibration.logistic import fit
from indexer.ranking.calibration.prior import PRIOR
from indexer.ranking.calibration.query_runner import QueryRunner
from indexer.ranking.calibration.synthetic_queries import (
    SyntheticQuery,
    off_topic_queries,
    synthetic_queries,
)
from indexer.ranking.fusion import Ranked, by_text
from indexer.snapshot import Snapshot
from service.evaluation import confidence
from service.evaluation.collection import Collection, Query
from service.evaluation.confidence import auc, expected_calibration_error, measure_confidence
from service.evaluation.metrics import estimate, mrr_at_10, ndcg_at_10, recall_at, resampled
from tests.conftest import OpenFake
from tests.unspaced import LANGUAGES, collection

Floats = NDArray[np.float64]


def column(*values: float) -> Floats:
    return np.array(values, float)[:, None]


# The regression


def drawn(count: int) -> tuple[Floats, Floats]:
    """Labels drawn with probability 1 / (1 + e ** (1 - 2 x)), which is even at x = 0.5."""
    rng = np.random.default_rng(0)
    features = rng.uniform(-3, 3, (count, 1))
    labels = rng.random(count) < 1 / (1 + np.exp(1 - 2 * features[:, 0]))
    return features, labels.astype(float)


def test_a_fit_recovers_the_probabilities_that_labels_were_drawn_with() -> None:
    features, labels = drawn(20_000)
    fitted = fit(features, labels, np.ones(len(labels)))
    chances = fitted.probability(column(-1, 0, 0.5, 1, 2))
    assert chances == pytest.approx(
        1 / (1 + np.exp(1 - 2 * np.array([-1, 0, 0.5, 1, 2]))), abs=0.02
    )


def test_probabilities_rise_with_a_feature_of_positive_weight() -> None:
    features, labels = drawn(500)
    chances = fit(features, labels, np.ones(500)).probability(column(*np.linspace(-9, 9, 50)))
    assert (np.diff(chances) > 0).all()
    assert 0 < chances[0] < 0.01 < 0.99 < chances[-1] < 1


def test_a_probability_does_not_depend_on_the_rest_of_the_batch() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1000, 4))
    fitted = fit(features, (features.sum(axis=1) > 0).astype(float), np.ones(1000))
    alone = [fitted.probability(features[place : place + 1])[0] for place in range(1000)]
    assert fitted.probability(features).tolist() == alone


def test_an_example_with_weight_0_does_not_count() -> None:
    features, labels = drawn(500)
    weights = np.tile([1.0, 0.0], 250)
    altered = np.where(weights, labels, 1 - labels)
    assert fit(features, labels, weights) == fit(features, altered, weights)


def test_separable_examples_give_finite_weights() -> None:
    fitted = fit(column(*range(20)), np.repeat([0.0, 1.0], 10), np.ones(20))
    assert fitted.probability(column(9.5)) == pytest.approx(0.5, abs=0.01)
    assert abs(fitted.weights[0]) < 20


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_equal_labels_and_constant_features_are_fitted(label: float) -> None:
    fitted = fit(column(*[2.0] * 50), np.full(50, label), np.ones(50))
    assert fitted.probability(column(2.0)) == pytest.approx(label, abs=0.05)


def test_the_prior_has_no_negative_weights() -> None:
    assert min(PRIOR.relevance.weights) >= 0


def ranked(scores: list[float]) -> Ranked:
    """Hits with these scores, whose cosines are halves and quarters of them."""
    column = np.array(scores, np.float32)
    unread = np.full(len(scores), np.nan, np.float32)
    half, quarter = np.float32(0.5) * column, np.float32(0.25) * column
    rows = np.arange(len(scores))
    return Ranked(rows, column, half, quarter, column, unread, by_text(rows))


def test_features_are_cosines_what_is_said_and_how_the_hit_stands_out() -> None:
    hits = ranked([0.8, 0.64])
    asked = Asked(weight=3.0, words=2, unsaid=0.1, episodes=1000)
    features = asked.features(hits, leads_of(hits.scores), np.array([1, 0.5]))
    few = -np.log(500)
    assert features == pytest.approx(
        np.array(
            [
                [0.4, 0.2, 1, np.log(4), 0.25, 0.4, 0.4, 0.1, few],
                [0.32, 0.16, 0.25, np.log(2.5), 0.0625, 0, 0, 0.1, few],
            ]
        )
    )
    assert features.shape[1] == len(FEATURES)


def test_a_hit_leads_the_next_one_and_the_mean_of_the_next_three() -> None:
    leads = leads_of(ranked([1.0, 0.75, 0.5, 0.25, 0.0]).scores)
    assert leads**2 == pytest.approx(
        np.array([[0.25, 0.5], [0.25, 0.5], [0.25, 0.375], [0.25, 0.25], [0, 0]])
    )


def test_what_a_hit_leads_by_does_not_depend_on_how_many_follow() -> None:
    scores = np.linspace(1, 0, 60)
    few, all_of_them = (leads_of(ranked(scores[:n].tolist()).scores) for n in (30, 60))
    assert few.tolist() == all_of_them[:30].tolist()
    assert few[9, 0] > 0 == few[10, 0]


def test_the_only_hit_leads_by_its_whole_score() -> None:
    assert leads_of(ranked([0.36]).scores) == pytest.approx(np.array([[0.6, 0.6]]))
    assert leads_of(ranked([]).scores).shape == (0, 2)


def test_a_hit_that_no_word_matches_has_only_its_cosines() -> None:
    made = np.ones((1, len(FEATURES)))
    assert reworded(made).tolist() == [[1, 1, 0, 0, 0, 1, 1, 1, 1]]


# Synthetic questions

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


def test_each_episode_gets_queries_of_every_kind() -> None:
    made = {row: [text for text, of in asked() if of == row] for row, _ in SAMPLE}
    for row, episode in SAMPLE:
        title, fragment, memory, keywords, name, rare = made[row]
        assert title == episode.title
        assert words(memory) < words(episode.summary)
        assert fragment in episode.summary
        assert 4 <= len(fragment.split()) <= 8
        assert len(words(keywords) & words(episode.summary)) >= 3
        assert name in episode.summary
        assert name.istitle()
        assert rare in episode.summary
        assert rare.isalpha()


def test_texts_that_are_too_short_or_blank_give_no_queries() -> None:
    mute = Episode(episode_id="a", title="Ep. 12", summary="Too short.")
    assert list(synthetic_queries([(0, mute)], random.Random(0))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_episode_whose_words_have_no_space_between_them_is_asked_for_by_word(
    language: str,
) -> None:
    episodes = [
        Episode(episode_id=e["id"], title=e["title"], summary=e["summary"])
        for e in collection(language).episodes
    ]
    queries = list(synthetic_queries(list(enumerate(episodes)), random.Random(0)))

    assert len({query.row for query in queries}) == len(episodes)
    for text, row in queries:
        said = f"{episodes[row].title}{episodes[row].summary}"
        assert any(word in said for word in text.split())
        assert len(text) < len(said)


def test_off_topic_questions_for_fitting_and_for_judging_differ() -> None:
    fitted_on, judged_with = off_topic_queries(), confidence.off_topic_questions()
    everything = [text.casefold() for text in fitted_on + judged_with]
    assert len(set(everything)) == len(everything) == len(fitted_on) + len(judged_with)
    assert min(len(fitted_on), len(judged_with)) >= 40


# The calibration of a corpus


def chances(calibration: Calibration, snapshot: Snapshot, texts: list[str]) -> Floats:
    """The relevance of the first hit of each question."""
    asker = QueryRunner(snapshot.ranker(), snapshot.encoder)
    return calibration.relevance.probability(np.vstack([*map(asker.first, asker.run(texts))]))


def test_a_small_corpus_is_given_the_prior(open_fake: OpenFake) -> None:
    small = open_fake({"id": str(n), "summary": "Jazz."} for n in range(FEWEST_EPISODES - 1))
    assert small.calibration == PRIOR


def test_a_corpus_of_repeated_texts_is_calibrated(open_fake: OpenFake) -> None:
    text = "Kafka met Ann Arbor at the stream of a queue, and jazz was played there."
    alike = open_fake({"id": str(n), "summary": text} for n in range(2 * FEWEST_EPISODES))
    assert chances(alike.calibration, alike, ["kafka stream queue"]) > 0.5
    assert chances(alike.calibration, alike, ["tulips"]) < 0.5


@pytest.mark.parametrize(("relevant", "fits"), [(0, False), (29, False), (30, True)])
def test_the_prior_is_used_if_few_queries_find_their_episode(
    relevant: int, fits: bool, fitted: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly = np.full((1, len(FEATURES)), 0.5)
    found = [Example(nearly, n < relevant, off_topic=n >= 50) for n in range(100)]
    monkeypatch.setattr(fitting, "examples", lambda *_: found)
    asker = QueryRunner(fitted.ranker(), fitted.encoder)
    own = partial(fitting.OwnQueries.of, fitted.episodes, fitted.encoder)
    calibration = fitting.calibrate(asker, own, prior_holds=False)
    assert (calibration != PRIOR) is fits
    assert fitting.calibrate(asker, own, prior_holds=True) == PRIOR


def test_a_larger_corpus_has_its_own_calibration(fitted: Snapshot) -> None:
    assert len(fitted.episodes) >= FEWEST_EPISODES
    assert fitted.calibration.fitted_on > FEWEST_EPISODES


def test_answerable_questions_get_higher_probabilities_than_others(fitted: Snapshot) -> None:
    summaries = [fitted.episodes.episode(row).summary for row in range(0, 300, 15)]
    known = chances(fitted.calibration, fitted, [" ".join(s.split()[2:7]) for s in summaries])
    unknown = chances(fitted.calibration, fitted, confidence.off_topic_questions())
    assert known.min() > 0.5
    assert np.quantile(unknown, 0.9) < 0.5
    assert auc(known, unknown) > 0.98


def test_removing_an_episode_keeps_the_other_hits(fitted: Snapshot) -> None:
    asker = QueryRunner(fitted.ranker(), fitted.encoder)
    ((_, ranked),) = asker.run([fitted.episodes.episode(7).summary])
    assert ranked.rows[0] == 7
    others = ranked.rows[asker.without(ranked, 7)]
    assert 7 not in others
    assert len(others) >= len(ranked.rows) - 5


def test_confidence_is_measured_with_and_without_the_answering_episode(fitted: Snapshot) -> None:
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


# Metrics


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


def test_calibration_error_is_the_mean_gap_between_predicted_and_observed() -> None:
    # The four of the highest bin predict 3.75 and observe 3; the other predicts 0.1, observes 1.
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
def test_metrics_equal_values_computed_by_hand(
    ranking: list[str], ndcg: float, mrr: float, recall: float
) -> None:
    assert ndcg_at_10(ranking, GRADES) == pytest.approx(ndcg)
    assert mrr_at_10(ranking, GRADES) == pytest.approx(mrr)
    assert recall_at(10, ranking, GRADES) == pytest.approx(recall)


def test_an_interval_contains_the_mean_and_narrows_with_more_questions() -> None:
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
    # The probability that of two draws of unit variance the one with a mean of 1 is the larger.
    assert many.low < 0.760 < many.high
    assert many.high - many.low < (few.high - few.low) / 5
