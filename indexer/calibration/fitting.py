"""Pseudo-questions asked of a snapshot in the making -> its calibration."""

import random
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.calibration import Calibration, Features, Floats, features_of
from indexer.calibration.logistic import Logistic, fit
from indexer.calibration.prior import PRIOR
from indexer.calibration.pseudo import PseudoQuestion, off_topic_questions, pseudo_questions
from indexer.encoder import Encoder, Vectors
from indexer.episode import fold
from indexer.episode_store import EpisodeStore
from indexer.fusion import CANDIDATES, Ranked, Weights, fuse
from indexer.indexes import Indexes
from indexer.lexical_index import Ranking
from indexer.segments import Rows

FEWEST_EPISODES = 300  # in a smaller corpus there are too few questions to fit on
_SAMPLED = 400
_SAME_EPISODE = 0.95  # the cosine from which on another row is the episode again
_SEED = 7
_REWORDED = np.array([1.0, 1.0, 0.0, 0.0])  # a hit as it would be with none of the words
REWORDED_WEIGHT = 0.05
_OFF_TOPIC_SHARE = 0.1  # of the questions that people ask


class Example(NamedTuple):
    """A hit, and whether it answers; `features` of that one hit."""

    features: Features
    relevant: bool
    off_topic: bool


def calibrate(indexes: Indexes, encoder: Encoder, episodes: EpisodeStore) -> Calibration:
    if len(episodes) < FEWEST_EPISODES:
        return PRIOR
    found = examples(indexes, encoder, episodes)
    # Where all texts are alike no question finds the one it was made of.
    return fit_to(found) if any(example.relevant for example in found) else PRIOR


def examples(indexes: Indexes, encoder: Encoder, episodes: EpisodeStore) -> list[Example]:
    """Every question's first hit: with its episode there, with it taken away, from elsewhere."""
    asked = _sampled(episodes)
    elsewhere = off_topic_questions()
    asker = Asker(indexes, encoder)
    found: list[Example] = []
    for question, ranked in zip(asked, asker.ask([q.text for q in asked]), strict=True):
        found += _of_own(asker, question, ranked)
    for text, ranked in zip(elsewhere, asker.ask(elsewhere), strict=True):
        found.append(Example(asker.first(ranked, text), relevant=False, off_topic=True))
    return found


def questions_of(episodes: EpisodeStore, encoder: Encoder) -> Vectors:
    """What a corpus is likely to be asked, (n, dimension): its own titles, sentences and names."""
    own = [fold(question.text) for question in _sampled(episodes)]
    return encoder.encode_queries(own or off_topic_questions())


def _sampled(episodes: EpisodeStore) -> list[PseudoQuestion]:
    rng = random.Random(_SEED)  # noqa: S311 - a sample, not a secret
    rows = rng.sample(range(len(episodes)), min(_SAMPLED, len(episodes)))
    return list(pseudo_questions([(row, episodes.episode(row)) for row in rows], rng))


def fit_to(found: list[Example], reworded_weight: float = REWORDED_WEIGHT) -> Calibration:
    return Calibration(
        relevance=_fit_relevance(found, reworded_weight),
        answerable=_fit_answerable(found),
        fitted_on=len(found),
    )


def _of_own(asker: "Asker", question: PseudoQuestion, ranked: Ranked) -> list[Example]:
    """The first hit as it is; and as it would be without the episode and its reruns."""
    others = ranked.at(asker.without(ranked, question.row))
    is_source = int(ranked.rows[0]) not in others.rows
    present = Example(asker.first(ranked, question.text), is_source, off_topic=False)
    if not len(others.rows):
        return [present]
    return [present, Example(asker.first(others, question.text), relevant=False, off_topic=False)]


@dataclass(frozen=True)
class Asker:
    """Asks as the service does, and can take an episode away."""

    indexes: Indexes
    encoder: Encoder

    def ask(self, texts: list[str]) -> list[Ranked]:
        folded = [fold(text) for text in texts]
        vectors = self.encoder.encode_queries(folded)
        nearest = self.indexes.nearest(vectors, CANDIDATES)
        return [
            fuse(self.indexes, vector, dense, self._words(text), Weights())
            for text, vector, dense in zip(folded, vectors, nearest, strict=True)
        ]

    def first(self, ranked: Ranked, text: str) -> Features:
        return features_of(ranked.at(slice(1)), self.indexes.lexical.weight(fold(text)))

    def without(self, ranked: Ranked, row: int) -> NDArray[np.bool_]:
        """Which hits are neither this episode nor one that says the same."""
        alike = self._documents(ranked.rows) @ self._documents(np.array([row]))[0]
        others: NDArray[np.bool_] = alike < _SAME_EPISODE
        return others

    def _words(self, text: str) -> Ranking:
        return self.indexes.lexical.search(text, CANDIDATES)

    def _documents(self, rows: Rows) -> Vectors:
        return self.indexes.dense.rows(self.indexes.passages.starts[rows])


def _fit_relevance(found: list[Example], reworded_weight: float) -> Logistic:
    """A hit without a word in common with its question is doubted, not ruled out.

    Pseudo-questions quote their episode and people seldom do, so each also counts a little as it
    would be in other words.
    """
    features = np.vstack([example.features.relevance for example in found])
    labels = np.array([example.relevant for example in found], float)
    off_topic = np.array([example.off_topic for example in found])
    count = int(off_topic.sum())
    usual = _OFF_TOPIC_SHARE * (len(found) - count) / max(1, count)
    weights = np.where(off_topic, min(1.0, usual), 1.0)
    return fit(
        np.vstack((features, features * _REWORDED)),
        np.tile(labels, 2),
        np.concatenate((weights, reworded_weight * weights)),
    )


def _fit_answerable(found: list[Example]) -> Logistic:
    """Against questions from elsewhere, both sides weighing the same.

    Half of what speaks for an answer does so without its words: a question in other words than
    the summary's is as answerable as a quotation.
    """
    own = _answerable([example for example in found if example.relevant])
    reworded = own.copy()
    reworded[:, -1] = 0
    elsewhere = _answerable([example for example in found if example.off_topic])
    features = np.vstack((own, reworded, elsewhere))
    labels = np.repeat([1.0, 1.0, 0.0], [len(own), len(reworded), len(elsewhere)])
    balance = len(elsewhere) / (2 * max(1, len(own)))
    return fit(features, labels, np.where(labels == 1, balance, 1.0))


def _answerable(found: list[Example]) -> Floats:
    return np.vstack([example.features.answerable for example in found])
