"""Any number of synthetic episodes with the word frequencies and lengths of real ones.

Word frequencies follow the Zipf-Mandelbrot law; the most frequent words are English stop words, the
others are made of syllables. A podcast has a topic and a host; half of its episodes have a guest;
three in ten words of an episode belong to the topic. Lengths are those of 20,000 real episodes of
2,790 podcasts: the median is 6 words for a title and 55 for a summary.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SEED = 20261124
_WINDOW = 4096  # episodes generated at a time
_COMMON = (
    "the and of to a in is this we that for on with it how what about from you are our at as "
    "by his her they their who why has have be was not but an or more us can all your its "
    "when out up into new one so if there been will my time life people first world story "
    "talk week years today"
).split()
_VOCABULARY = 200_000
_FLATTENED, _POWER = 2.7, 1.05  # the word of rank r has a share of (r + 2.7) ** -1.05
_TOPICS = 1000
_MOST_KNOWN = 50_000  # rarer words belong to no topic
_WORDS_A_TOPIC = 200
_OF_ITS_TOPIC = 0.3  # of an episode's words
_STRIDE = 7919  # between the topics of neighbouring podcasts
_EPISODES_A_PODCAST = 8
_INTERVIEWS = 0.5  # share of the episodes with a guest
_NAMES = 3000  # first names, and as many last names
_TITLE = (3, 10)  # smallest and largest number of words, as in the next lines
_SENTENCES, _SENTENCE = (2, 7), (6, 23)
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_DAYS = 20 * 365


class Corpora:
    """A repeatable generator: a smaller corpus is the beginning of a larger one."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(_SEED)
        self._vocabulary = np.array([*_COMMON, *_invented(_VOCABULARY - len(_COMMON))], object)
        self._shares = _cumulated(_VOCABULARY)
        known = (len(_COMMON), _MOST_KNOWN)
        self._of_topic = self._rng.integers(*known, (_TOPICS, _WORDS_A_TOPIC))
        self._topic_shares = _cumulated(_WORDS_A_TOPIC)

    def episodes(self, count: int) -> Iterator[dict[str, Any]]:
        """The JSON fields of `count` episodes."""
        for start in range(0, count, _WINDOW):
            yield from islice(self._window(start), count - start)

    def _window(self, start: int) -> Iterator[dict[str, Any]]:
        first_show, shows = start // _EPISODES_A_PODCAST, _WINDOW // _EPISODES_A_PODCAST
        of_shows = first_show + self._rng.integers(shows, size=_WINDOW)
        for number, show in enumerate(of_shows.tolist(), start):
            yield self._episode(number, show, show * _STRIDE % _TOPICS)

    def _episode(self, number: int, show: int, topic: int) -> dict[str, Any]:
        long, is_interview, age = self._rng.random(3).tolist()
        title, *sentences = self._texts(topic)
        guests = [self._name(int(long * _NAMES**2))] if is_interview < _INTERVIEWS else []
        own_words = self._vocabulary[self._of_topic[topic, :2]].tolist()
        return {
            "id": f"made-up-{number}",
            "title": title,
            "summary": ". ".join([*sentences, *(f"With {name}" for name in guests)]) + ".",
            "podcast": {"title": f"{' '.join(own_words)} {show}"},
            "hosts": [self._name(show)],
            "guests": guests,
            "tags": own_words,
            "published_at": (_NEWEST - timedelta(days=age * _DAYS)).isoformat(),
            "duration_s": int(600 + long * 5400),
            "language": "en",
        }

    def _texts(self, topic: int) -> list[str]:
        """A title, then sentences."""
        rng = self._rng
        lengths = [rng.integers(*_TITLE), *rng.integers(*_SENTENCE, rng.integers(*_SENTENCES))]
        words = iter(self._words(topic, sum(lengths)))
        return [" ".join(islice(words, length)).capitalize() for length in lengths]

    def _words(self, topic: int, count: int) -> list[str]:
        rng = self._rng
        ranks = np.searchsorted(self._shares, rng.random(count))
        own = self._of_topic[topic, np.searchsorted(self._topic_shares, rng.random(count))]
        of_topic = (rng.random(count) < _OF_ITS_TOPIC) & (ranks >= len(_COMMON))
        return list(self._vocabulary[np.where(of_topic, own, ranks)])

    def _name(self, number: int) -> str:
        """One of all pairs of names; consecutive numbers share neither first nor last name."""
        first, last = number % _NAMES, (number // _NAMES + number) % _NAMES
        names = self._vocabulary[-2 * _NAMES :]
        return f"{names[first].capitalize()} {names[_NAMES + last].capitalize()}"


def _invented(count: int) -> list[str]:
    """Words of two, then of three syllables; some have the same spelling."""
    syllables = [c + v + e for c in "bdfgklmnprstvz" for v in "aeiou" for e in ("", "n", "r", "s")]
    short = map("".join, product(syllables, repeat=2))
    long = map("".join, product(syllables, repeat=3))
    return list(dict.fromkeys(islice(chain(short, long), 2 * count)))[:count]


def _cumulated(count: int) -> NDArray[np.float64]:
    shares = (np.arange(count) + _FLATTENED) ** -_POWER
    cumulated: NDArray[np.float64] = np.cumsum(shares / shares.sum())
    return cumulated
