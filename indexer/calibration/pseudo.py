"""Questions whose answer is known, made of the corpus itself; and some from elsewhere."""

import random
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

from indexer.episode import Episode
from indexer.sentences import split_sentences

_WORD = re.compile(r"[^\W\d_]{3,}")
# Two or three capitalised words in a row, not at the beginning of a sentence: mostly people.
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,}){1,2}\b")
_FEWEST_TITLE_WORDS = 3
_FRAGMENT_WORDS = (4, 8)
_KEYWORD = re.compile(r"[^\W\d_]{5,}")
_KEYWORDS = 5
_MOST_OWN_KEYWORDS = 3


class PseudoQuestion(NamedTuple):
    text: str
    row: int  # of the episode it was made of


def pseudo_questions(
    sample: Sequence[tuple[int, Episode]], rng: random.Random
) -> Iterator[PseudoQuestion]:
    """A title, a fragment, keywords and a name of each episode, of those it has."""
    for row, episode in sample:
        strangers = [stranger for _, stranger in rng.choices(sample, k=_KEYWORDS)]
        made = (
            _title(episode),
            _fragment(episode, rng),
            _keywords(episode, strangers, rng),
            _name(episode, rng),
        )
        yield from (PseudoQuestion(text, row) for text in made if text)


def off_topic_questions() -> list[str]:
    """Everyday questions over many subjects, which few podcasts answer."""
    return files(__package__).joinpath("off_topic.txt").read_text().splitlines()


def _title(episode: Episode) -> str | None:
    """One that says something: words beside numbers."""
    title = episode.title or ""
    return title if len(_WORD.findall(title)) >= _FEWEST_TITLE_WORDS else None


def _fragment(episode: Episode, rng: random.Random) -> str | None:
    """Part of a sentence, as somebody might remember it."""
    fewest, most = _FRAGMENT_WORDS
    spans = split_sentences(episode.summary)
    sentences = [episode.summary[start:stop].split() for start, stop in spans]
    long = [words for words in sentences if len(words) >= most]
    if not long:
        return None
    words, length = rng.choice(long), rng.randint(fewest, most)
    start = rng.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


def _keywords(episode: Episode, strangers: list[Episode], rng: random.Random) -> str | None:
    """Words from all over a summary and some that are not in it, as a question has both."""
    own = _words(episode)
    other = [rng.choice(words) for stranger in strangers if (words := _words(stranger))]
    if len(own) < _KEYWORDS:
        return None
    count = rng.randint(1, _MOST_OWN_KEYWORDS)
    return " ".join((*rng.sample(own, count), *other[: _KEYWORDS - count]))


def _words(episode: Episode) -> list[str]:
    return sorted(set(_KEYWORD.findall(episode.summary)))


def _name(episode: Episode, rng: random.Random) -> str | None:
    names = _NAME.findall(episode.summary)
    return rng.choice(names) if names else None
