"""Makes questions with known answers from the corpus, and reads off-topic questions."""

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

from indexer.episode import Episode
from indexer.text.passages import sentences_of
from indexer.text.segmentation import has_unspaced, without_unspaced, words_of

_SEED = 7
_WORD = re.compile(r"[^\W\d_]{3,}")
# Two or three capitalised words in a row, not at the start of a sentence: mostly names of people.
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,}){1,2}\b")
_FEWEST_TITLE_WORDS = 3
_SENTENCE_WORDS = 8  # shorter sentences are not used
_FRAGMENT_WORDS = (4, 8)
_MEMORY_WORDS = (6, 16)
_FORGOTTEN = (0.15, 0.45)  # share of the words that are removed
_KEYWORD = re.compile(r"[^\W\d_]{5,}")
_KEYWORDS = 5
_MOST_OWN_KEYWORDS = 3
_FEW, _RARE = 3, 0.01  # episodes that say a rare word, and their share


class SyntheticQuery(NamedTuple):
    text: str
    row: int  # of the episode that it was made from


def reproducible() -> random.Random:
    """The same numbers each time: equal corpora are asked equal questions."""
    return random.Random(_SEED)  # noqa: S311 - a sample, not a secret


def synthetic_queries(
    sample: Sequence[tuple[int, Episode]], rng: random.Random
) -> Iterator[SyntheticQuery]:
    """Queries of each episode: title, fragment, paraphrase, keywords, name and a rare word."""
    frequency = Counter(word for _, episode in sample for word in _said(episode))
    for row, episode in sample:
        strangers = [stranger for _, stranger in rng.choices(sample, k=_KEYWORDS)]
        made = (
            _title(episode),
            _fragment(episode, rng),
            _memory(episode, frequency, rng),
            _keywords(episode, strangers, rng),
            _name(episode, rng),
            _rare(episode, frequency, len(sample), rng),
        )
        yield from (SyntheticQuery(text, row) for text in made if text)


def subjects(sample: Sequence[tuple[int, Episode]], rng: random.Random) -> list[str]:
    """Of each episode a name and a rare word, if it has them."""
    frequency = Counter(word for _, episode in sample for word in _said(episode))
    made = (
        text
        for _, episode in sample
        for text in (_name(episode, rng), _rare(episode, frequency, len(sample), rng))
    )
    return [text for text in made if text]


def off_topic_queries() -> list[str]:
    """Everyday questions about many subjects, which few podcasts answer."""
    return files(__package__).joinpath("off_topic.txt").read_text().splitlines()


def _title(episode: Episode) -> str | None:
    """The title, if it has at least three words."""
    title = episode.title or ""
    words = _WORD.findall(without_unspaced(title)) + _unspaced_words(title)
    return title if len(words) >= _FEWEST_TITLE_WORDS else None


def _fragment(episode: Episode, rng: random.Random) -> str | None:
    """Part of a sentence, verbatim."""
    words = _stretch(episode, _FRAGMENT_WORDS, rng)
    return " ".join(words) or None


def _memory(episode: Episode, frequency: Counter[str], rng: random.Random) -> str | None:
    """Part of a sentence without its rarest words, like an imprecise memory of it."""
    words = _stretch(episode, _MEMORY_WORDS, rng)
    positions = rng.sample(range(len(words)), len(words))  # shuffles equally rare words
    positions.sort(key=lambda position: frequency[_plain(words[position])])
    forgotten = set(positions[: math.ceil(len(words) * rng.uniform(*_FORGOTTEN))])
    left = (word for position, word in enumerate(words) if position not in forgotten)
    return " ".join(left) or None


def _stretch(episode: Episode, lengths: tuple[int, int], rng: random.Random) -> list[str]:
    """Consecutive words of a long sentence; none if all sentences are short."""
    spans = sentences_of(episode)
    sentences = [words_of(episode.summary[start:stop]) for start, stop in spans]
    long = [words for words in sentences if len(words) >= _SENTENCE_WORDS]
    if not long:
        return []
    words, (fewest, most) = rng.choice(long), lengths
    length = rng.randint(fewest, min(most, len(words)))
    start = rng.randint(0, len(words) - length)
    return words[start : start + length]


def _said(episode: Episode) -> set[str]:
    return set(map(_plain, words_of(episode.summary)))


def _plain(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()


def _keywords(episode: Episode, strangers: list[Episode], rng: random.Random) -> str | None:
    """Words of the summary, and words of other summaries, since questions have both."""
    own = _words(episode)
    other = [rng.choice(words) for stranger in strangers if (words := _words(stranger))]
    if len(own) < _KEYWORDS:
        return None
    count = rng.randint(1, _MOST_OWN_KEYWORDS)
    return " ".join((*rng.sample(own, count), *other[: _KEYWORDS - count]))


def _words(episode: Episode) -> list[str]:
    spaced = _KEYWORD.findall(without_unspaced(episode.summary))
    return sorted({*spaced, *_unspaced_words(episode.summary)})


def _rare(
    episode: Episode, frequency: Counter[str], episodes: int, rng: random.Random
) -> str | None:
    """One word that few of the episodes say; of a text with several words."""
    most, own = max(_FEW, _RARE * episodes), _words(episode)
    rare = [word for word in own if frequency[_plain(word)] <= most]
    return rng.choice(rare) if rare and len(own) >= _KEYWORDS else None


def _unspaced_words(text: str) -> list[str]:
    """Words of two letters or more of scripts that do not space them; a Chinese one has no more."""
    if not has_unspaced(text):
        return []
    return [word for word in words_of(text) if len(word) > 1 and has_unspaced(word)]


def _name(episode: Episode, rng: random.Random) -> str | None:
    names = _NAME.findall(episode.summary)
    return rng.choice(names) if names else None
