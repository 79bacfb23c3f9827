"""Synthetic vectors with the neighbour cosines of real podcasts.

An episode deviates from its show, a show from its topic, a topic from the mean of all: three normal
distributions, each with a spectrum that falls by a power law, rotated at random. Some episodes
deviate more than others. A question is a mix of an episode and of noise, mostly little of the
episode; one in five has almost none of it, like the title "Live from the road".

The constants were fitted to 20,000 real episodes of 2,790 podcasts and their titles, embedded by
all-MiniLM-L6-v2. The figures are the median cosine to the nearest, 10th, 100th, 1,000th and
10,000th episode, and the share of the ten nearest in the nearest 4, 16 and 64 of 256 IVF lists:

titles, real      .56 .43 .35 .26 .11    .56 .80 .96
questions, here   .56 .40 .34 .26 .12    .56 .82 .98
episodes, real     1  .47 .38 .29 .12
episodes, here     1  .50 .39 .31 .15

So the farthest of the ten nearest lie in fewer lists than those of real episodes.
"""

from collections.abc import Iterator

import numpy as np

from indexer.encoder import Vectors

DIMENSION = 384

_SEED = 20261123
_WINDOW = 16_384
_EPISODES_A_SHOW = 8
_TOPICS = 1000
_LARGEST_TOPICS = 10  # have about 2% of the shows each; the others shrink as 1 / rank
_MEAN = 0.35  # length of the mean of all vectors
_SHARES = (0.2, 0.3, 0.5)  # of the variance: topics, shows, episodes
_OFFSETS = (8, 20, 80)  # the axis i of each has a variance of (i + offset) ** -_POWER
_POWER = 1.6
_QUESTION_OFFSET, _QUESTION_POWER = 60, 1.7
_QUESTION_MEAN = 0.3
_OF_ITS_EPISODE = (0.2, 1.0)  # smallest and largest share of its episode in a question
_VAGUE, _OF_THE_VAGUE = 0.2, 0.15  # share of vague questions, and what they keep of that


class SyntheticVectors:
    """A repeatable generator of vectors."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(_SEED)
        self._turn = np.linalg.qr(self._normal(DIMENSION))[0]
        left = 1 - _MEAN**2
        self._topic, self._show, self._episode = (
            _spread(offset, _POWER) * np.float32(np.sqrt(share * left))
            for offset, share in zip(_OFFSETS, _SHARES, strict=True)
        )
        self._topics = self._normal(_TOPICS) * self._topic
        sizes = 1 / (np.arange(_TOPICS) + _LARGEST_TOPICS)
        self._sizes = sizes / sizes.sum()

    def episodes(self, count: int) -> Iterator[Vectors]:
        """`count` unit vectors, in arrays of up to (16,384, DIMENSION)."""
        for start in range(0, count, _WINDOW):
            yield self._window(min(_WINDOW, count - start))

    def questions(self, episodes: Vectors) -> Vectors:
        """(n, DIMENSION): a question for each of the (n, DIMENSION) episodes."""
        count = len(episodes)
        share = self._rng.uniform(*_OF_ITS_EPISODE, (count, 1)).astype(np.float32)
        share[self._rng.random(count) < _VAGUE] *= _OF_THE_VAGUE
        other = self._normal(count) * _spread(_QUESTION_OFFSET, _QUESTION_POWER)
        own = episodes @ self._turn.T - _along(0, _MEAN)
        mixed = share * own + np.sqrt((1 - share**2) * (1 - _MEAN**2)) * other
        mean = _along(0, _QUESTION_MEAN) + _along(1, _QUESTION_MEAN / 2)
        return _unit((mixed + mean) @ self._turn)

    def _window(self, count: int) -> Vectors:
        shows = self.shows(-(-count // _EPISODES_A_SHOW))
        astray = np.sqrt(self._rng.exponential(size=(count, 1))).astype(np.float32)
        own = self._normal(count) * astray
        return self.of_shows(shows[self._rng.integers(len(shows), size=count)], own)

    def shows(self, count: int) -> Vectors:
        """(count, DIMENSION): the deviation of shows from the mean of all."""
        topics = self._topics[self._rng.choice(_TOPICS, count, p=self._sizes)]
        return topics + self._normal(count) * self._show

    def of_shows(self, shows: Vectors, own: Vectors) -> Vectors:
        """(n, DIMENSION): an episode of each show; `own` is its standard normal deviation."""
        return _unit((_along(0, _MEAN) + shows + own * self._episode) @ self._turn)

    def _normal(self, count: int) -> Vectors:
        drawn: Vectors = self._rng.standard_normal((count, DIMENSION), np.float32)
        return drawn


def _spread(offset: int, power: float) -> Vectors:
    """(DIMENSION,): the standard deviation along each axis; the squares sum to 1."""
    variance = (np.arange(DIMENSION) + offset) ** -power
    spread: Vectors = np.sqrt(variance / variance.sum()).astype(np.float32)
    return spread


def _along(axis: int, length: float) -> Vectors:
    vector = np.zeros(DIMENSION, np.float32)
    vector[axis] = length
    return vector


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
