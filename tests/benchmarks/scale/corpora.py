"""Made-up episodes, as many as wanted, whose words spread over them as those of real ones do.

Words by the law of Zipf and Mandelbrot: the most frequent are English ones that say little, the
others are made of syllables. A podcast has a topic, a host and episodes of its own, half of which
have a guest; three words in ten of an episode are its topic's. Lengths are as in 20,000 real
episodes of 2,790 podcasts, where a title has 6 words and a summary 55, in the median.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SEED = 20261124
_WINDOW = 4096  # episodes made at a time
_COMMON = (
    "the and of to a in is this we that for on with it how what about from you are our at as "
    "by his her they their who why has have be was not but an or more us can all your its "
    "when out up into new one so if there been will my time life people first world story "
    "talk week years today"
).split()
_VOCABULARY = 200_000
_FLATTENED, _POWER = 2.7, 1.05  # the word of rank r has a share of (r + 2.7) ** -1.05
_TOPICS = 1000
_MOST_KNOWN = 50_000  # rarer words are no topic's
_WORDS_A_TOPIC = 200
_OF_ITS_TOPIC = 0.3  # of an episode's words
_EPISODES_A_PODCAST = 8
_NAMES = 3000  # first ones, and as many last ones
_TITLE = (3, 10)  # words, as the next
_SENTENCES, _SENTENCE = (2, 7), (6, 23)
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_DAYS = 20 * 365


class Corpora:
    """The same for the same seed: a smaller corpus is the beginning of a larger one."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(_SEED)
        self._vocabulary = np.array([*_COMMON, *_invented(_VOCABULARY - len(_COMMON))], object)
        self._shares = _cumulated(_VOCABULARY)
        known = (len(_COMMON), _MOST_KNOWN)
        self._of_topic = self._rng.integers(*known, (_TOPICS, _WORDS_A_TOPIC))
        self._topic_shares = _cumulated(_WORDS_A_TOPIC)

    def episodes(self, count: int) -> Iterator[dict[str, Any]]:
        """Fields of `count` episodes, as a line of a corpus has them."""
        for start in range(0, count, _WINDOW):
            yield from itertools.islice(self._window(start), count - start)

    def _window(self, start: int) -> Iterator[dict[str, Any]]:
        rng = self._rng
        shows = start // _EPISODES_A_PODCAST + rng.integers(
            _WINDOW // _EPISODES_A_PODCAST, size=_WINDOW
        )
        titles = rng.integers(*_TITLE, _WINDOW)
        sentences = rng.integers(*_SENTENCES, _WINDOW)
        lengths = rng.integers(*_SENTENCE, int(sentences.sum()))
        ends = np.cumsum(sentences)
        for number, (show, title, end) in enumerate(zip(shows, titles, ends, strict=True)):
            of_sentences = lengths[end - sentences[number] : end]
            topic = int(show * 7919 % _TOPICS)
            words = self._words(topic, int(title + of_sentences.sum()))
            yield self._episode(start + number, int(show), topic, words, [title, *of_sentences])

    def _words(self, topic: int, count: int) -> list[str]:
        rng = self._rng
        ranks = np.searchsorted(self._shares, rng.random(count))
        own = np.searchsorted(self._topic_shares, rng.random(count))
        of_topic = (rng.random(count) < _OF_ITS_TOPIC) & (ranks >= len(_COMMON))
        ranks = np.where(of_topic, self._of_topic[topic, own], ranks)
        return list(self._vocabulary[ranks])

    def _episode(
        self, number: int, show: int, topic: int, words: list[str], lengths: list[int]
    ) -> dict[str, Any]:
        texts = iter(words)
        title, *sentences = (" ".join(itertools.islice(texts, length)) for length in lengths)
        draw = self._rng.random(3)
        guest = [self._name(int(draw[0] * _NAMES * _NAMES))] if draw[1] < 1 / 2 else []
        published = _NEWEST - timedelta(days=int(draw[2] * _DAYS), seconds=number % 86_400)
        by = f" {guest[0]} is here." if guest else ""
        return {
            "id": f"made-up-{number}",
            "title": title.capitalize(),
            "summary": " ".join(f"{sentence.capitalize()}." for sentence in sentences) + by,
            "podcast": {
                "title": " ".join(self._vocabulary[self._of_topic[topic, :2]]) + f" {show}"
            },
            "hosts": [self._name(show)],
            "guests": guest,
            "tags": list(self._vocabulary[self._of_topic[topic, :2]]),
            "published_at": published.isoformat(),
            "duration_s": int(600 + draw[0] * 5400),
            "language": "en",
        }

    def _name(self, number: int) -> str:
        """One of as many as there are pairs; neighbours share no part."""
        first, last = number % _NAMES, (number // _NAMES + number) % _NAMES
        names = self._vocabulary[-2 * _NAMES :]
        return f"{names[first].capitalize()} {names[_NAMES + last].capitalize()}"


def _invented(count: int) -> list[str]:
    """Words of two syllables and then of three."""
    syllables = [c + v + e for c in "bdfgklmnprstvz" for v in "aeiou" for e in ("", "n", "r", "s")]
    short = map("".join, itertools.product(syllables, repeat=2))
    long = map("".join, itertools.product(syllables, repeat=3))
    return list(itertools.islice(dict.fromkeys(itertools.chain(short, long)), count))


def _cumulated(count: int) -> NDArray[np.float64]:
    shares = (np.arange(count) + _FLATTENED) ** -_POWER
    cumulated: NDArray[np.float64] = np.cumsum(shares / shares.sum())
    return cumulated
