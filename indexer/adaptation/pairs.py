"""Makes pairs of a question and its text of the episodes themselves."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from indexer.episode import Episode, fold
from indexer.text.boilerplate import Boilerplate, SentenceCounts
from indexer.text.passages import texts_of
from indexer.text.segmentation import count_words

_FEWEST_TITLE_WORDS = 2
_FEWEST_TEXT_WORDS = 6  # a shorter summary says too little to be found by
_SENTENCE_WORDS = (5, 40)
_MOST_USES_OF_A_TITLE = 2  # a title of more episodes names none of them
_SHARE_OF_SENTENCES = 0.3  # of the episodes: one of their sentences asks for the rest
_HELD_OUT_ONE_IN = 10
_FEWEST_PODCASTS = 20  # with fewer, episodes are held out instead of podcasts


class Pair(NamedTuple):
    question: str
    text: str
    podcast: str  # its identity; empty if the episode names none


class Told(NamedTuple):
    """An episode reduced to what pairs are made of; boilerplate is left out."""

    episode: Episode
    title: str  # empty if it has none that tells it from others
    sentences: list[str]

    @property
    def podcast(self) -> str:
        return self.episode.podcast.identity if self.episode.podcast else ""

    @property
    def text(self) -> str:
        """The summary without the title at its beginning, which would give the answer away."""
        text = " ".join(self.sentences)
        return text.removeprefix(self.title).lstrip(" .:-") or text


class Split(NamedTuple):
    trained: list[Told]
    held_out: list[Told]
    several_podcasts: bool  # whether whole podcasts are held out


def told(episodes: Iterable[Episode]) -> list[Told]:
    """The episodes with a text that no earlier one has."""
    read = list(episodes)
    boilerplate = Boilerplate([SentenceCounts.of(read)])
    titles = Counter(_title(episode) for episode in read)
    found: dict[str, Told] = {}
    for episode in read:
        title = _title(episode)
        known = title if titles[title] <= _MOST_USES_OF_A_TITLE else ""
        each = Told(episode, known, texts_of(episode, boilerplate.own_sentences(episode)))
        if count_words(each.text) >= _FEWEST_TEXT_WORDS:
            found.setdefault(each.text, each)
    return list(found.values())


def split(episodes: Sequence[Told]) -> Split:
    """A tenth is held out: whole podcasts, or episodes where the corpus has few podcasts."""
    several = len({each.podcast for each in episodes}) >= _FEWEST_PODCASTS
    parts: tuple[list[Told], list[Told]] = ([], [])
    for each in episodes:
        name = each.podcast if several else each.episode.episode_id
        parts[_place(name) % _HELD_OUT_ONE_IN == 0].append(each)
    return Split(*parts, several)


def pairs(episodes: Iterable[Told], seed: int) -> Iterator[Pair]:
    """A title asks for its summary; of some episodes a sentence for the rest, a topic for all."""
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    for each in episodes:
        if each.title:
            yield Pair(each.title, each.text, each.podcast)
        if rng.random() < _SHARE_OF_SENTENCES:
            yield from _sentence(each, rng)
        yield from _topic(each, rng)


def _sentence(told: Told, rng: random.Random) -> Iterator[Pair]:
    fewest, most = _SENTENCE_WORDS
    places = [i for i, s in enumerate(told.sentences) if fewest <= count_words(s) <= most]
    if len(told.sentences) < 2 or not places:
        return
    asked = rng.choice(places)
    others = [text for place, text in enumerate(told.sentences) if place != asked]
    rest = " ".join([*([f"{told.title}."] if told.title else []), *others])
    if count_words(rest) >= _FEWEST_TEXT_WORDS:
        yield Pair(told.sentences[asked], rest, told.podcast)


def _topic(told: Told, rng: random.Random) -> Iterator[Pair]:
    """The title of a chapter asks for the notes around it."""
    titles = [fold(chapter.title) for chapter in told.episode.chapters]
    known = [title for title in titles if count_words(title) >= _FEWEST_TITLE_WORDS]
    if known:
        asked = rng.choice(known)
        others = " ".join(text for text in told.sentences if asked not in text)
        if count_words(others) >= _FEWEST_TEXT_WORDS:
            yield Pair(asked, f"{told.title}. {others}" if told.title else others, told.podcast)


def _title(episode: Episode) -> str:
    title = fold(episode.title or "")
    return title if count_words(title) >= _FEWEST_TITLE_WORDS else ""


def _place(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
