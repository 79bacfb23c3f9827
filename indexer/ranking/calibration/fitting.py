"""Fits the calibration of a snapshot to synthetic questions, where the prior does not hold."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from indexer.encoder import Encoder, Vectors
from indexer.episode import fold
from indexer.ranking.calibration import Calibration, Floats
from indexer.ranking.calibration.features import reworded
from indexer.ranking.calibration.logistic import fit
from indexer.ranking.calibration.prior import PRIOR
from indexer.ranking.calibration.query_runner import QueryRunner, Run
from indexer.ranking.calibration.synthetic_queries import (
    SyntheticQuery,
    off_topic_queries,
    reproducible,
    synthetic_queries,
)
from indexer.storage.episode_store import EpisodeStore

FEWEST_EPISODES = 300  # a smaller corpus gives too few questions
_FEWEST_FOUND = 30  # questions that find their episode; similar texts give fewer
_SAMPLED = 400
_MOST_RERANKED = 200  # of a corpus's own questions: a reranker may take a second for each
REWORDED_WEIGHT = 0.05
_OFF_TOPIC_SHARE = 0.1  # assumed share of off-topic questions


class Example(NamedTuple):
    """A first hit and whether it answers; `features` is (1, 9)."""

    features: Floats
    relevant: bool
    off_topic: bool


class OwnQueries(NamedTuple):
    """Synthetic queries of a corpus and their vectors."""

    asked: list[SyntheticQuery]
    vectors: Vectors  # (asked, dimension); those of off-topic questions if `asked` is empty

    @classmethod
    def of(cls, episodes: EpisodeStore, encoder: Encoder) -> "OwnQueries":
        rng = reproducible()
        rows = rng.sample(range(len(episodes)), min(_SAMPLED, len(episodes)))
        asked = list(synthetic_queries([(row, episodes.episode(row)) for row in rows], rng))
        texts = [fold(question.text) for question in asked]
        return cls(asked, encoder.encode_queries(texts or off_topic_queries()))

    def at_most(self, count: int) -> "OwnQueries":
        """A sample of `count` of them, or all."""
        if len(self.asked) <= count:
            return self
        chosen = reproducible().sample(range(len(self.asked)), count)
        return OwnQueries([self.asked[each] for each in chosen], self.vectors[chosen])


def calibrate(
    asker: QueryRunner, own: Callable[[], OwnQueries], *, prior_holds: bool
) -> Calibration:
    """The prior where it holds, or where a corpus gives too few questions for its own."""
    if prior_holds or len(asker.ranker.episodes) < FEWEST_EPISODES:
        return PRIOR
    found = examples(asker, own())
    return fit_to(found) if sum(each.relevant for each in found) >= _FEWEST_FOUND else PRIOR


def examples(asker: QueryRunner, own: OwnQueries) -> list[Example]:
    """First hits: of each question with its episode and without it, and of off-topic questions."""
    elsewhere = off_topic_queries()
    own = own.at_most(_MOST_RERANKED) if asker.ranker.reranker else own
    found: list[Example] = []
    asked = [question.text for question in own.asked]
    of_own = asker.run_embedded(asked, own.vectors[: len(asked)])
    for question, run in zip(own.asked, of_own, strict=True):
        found += _of_own(asker, question, run)
    for run in asker.run(elsewhere):
        found.append(Example(asker.first(run), relevant=False, off_topic=True))
    return found


def fit_to(found: list[Example]) -> Calibration:
    """Fit the probability that a first hit is right.

    Synthetic questions quote their episode, and people rarely do. So each example also counts with
    a small weight as if no word matched; otherwise such hits would never be relevant. Wrong hits of
    own questions are the hard ones, so off-topic questions weigh little.
    """
    features = np.vstack([example.features for example in found])
    labels = np.array([example.relevant for example in found], float)
    off_topic = np.array([example.off_topic for example in found])
    count = int(off_topic.sum())
    usual = _OFF_TOPIC_SHARE * (len(found) - count) / max(1, count)
    weights = np.where(off_topic, min(1.0, usual), 1.0)
    relevance = fit(
        np.vstack((features, reworded(features))),
        np.tile(labels, 2),
        np.concatenate((weights, REWORDED_WEIGHT * weights)),
    )
    return Calibration(relevance=relevance, fitted_on=len(found))


def _of_own(asker: QueryRunner, question: SyntheticQuery, run: Run) -> list[Example]:
    """The first hit, and the first hit if the episodes that answer are removed.

    These are the question's own, its copies, and all others that say every word of it.
    """
    without = asker.without(run.ranked, question.row) & asker.not_saying(run)
    others = asker.reranked(run.at(without))
    present = Example(asker.first(run), not without[0], off_topic=False)
    if not len(others.ranked.rows):
        return [present]
    return [present, Example(asker.first(others), relevant=False, off_topic=False)]
