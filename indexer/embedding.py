"""The texts of episodes: noted, embedded where they are new, and put where they are searched."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from indexer.boilerplate import Boilerplate
from indexer.embedding_cache import KEY_BYTES, EmbeddingCache
from indexer.encoder import Encoder
from indexer.episode import Episode, fold
from indexer.episode_store import EpisodeStore
from indexer.evidence import TITLE
from indexer.passages import passages_of, texts_of
from indexer.progress import Advance, progress
from indexer.sentences import Span, split_clauses
from indexer.snapshot import Staging

_WINDOW = 1024  # episodes whose texts are in memory at a time
_KEYS_READ = 8192


class KeyFile:
    """The keys of texts, in the order of their vectors."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, keys: list[bytes]) -> None:
        with self._file.open("ab") as file:
            file.write(b"".join(keys))
        self._count += len(keys)

    def parts(self) -> Iterator[list[bytes]]:
        with self._file.open("rb") as file:
            while part := file.read(KEY_BYTES * _KEYS_READ):
                yield [part[at : at + KEY_BYTES] for at in range(0, len(part), KEY_BYTES)]


@dataclass(frozen=True)
class Texts:
    """What there is to embed of a corpus."""

    passages: KeyFile
    clauses: KeyFile

    def __len__(self) -> int:
        return len(self.passages) + len(self.clauses)

    def parts(self) -> Iterator[list[bytes]]:
        yield from self.passages.parts()
        yield from self.clauses.parts()


def note_texts(place: Staging, cache: EmbeddingCache) -> Texts:
    """Write where each passage and clause stands, and want those that have no vector yet."""
    episodes = place.episodes()
    texts = Texts(KeyFile(place.scratch / "passages"), KeyFile(place.scratch / "clauses"))
    with progress("texts", 2 * len(episodes)) as advance:
        boilerplate = Boilerplate(_advancing(episodes, advance))
        with closing(place.write_passages()) as starts, closing(place.write_clauses()) as clauses:
            starts.append([0])
            for window in _windows(episodes, boilerplate):
                starts.append([len(texts.passages) + end for end in window.passage_ends])
                clauses.add(window.sentences)
                texts.passages.append(cache.want(window.passages))
                texts.clauses.append(cache.want(window.clauses))
                advance(len(window.sentences))
    return texts


def embed(cache: EmbeddingCache, encoder: Encoder) -> int:
    """Embed what has no vector yet; gives how many texts that were."""
    wanted = cache.wanted()
    # Characters take an even time each, whatever the length of a text.
    with progress("embed", wanted.characters, "characters") as advance:
        cache.embed(encoder, advance)
    return wanted.texts


def place_vectors(place: Staging, texts: Texts, cache: EmbeddingCache, dimension: int) -> None:
    passages = place.write_vectors()
    with progress("vectors", len(texts), "texts") as advance:
        for keys in texts.passages.parts():
            passages.add(cache.vectors(keys))
            advance(len(keys))
        with closing(place.write_codes(dimension)) as codes:
            for keys in texts.clauses.parts():
                codes.add(cache.vectors(keys))
                advance(len(keys))


def _advancing(episodes: EpisodeStore, advance: Advance) -> Iterator[Episode]:
    for episode in episodes:
        yield episode
        advance(1)


def _windows(episodes: EpisodeStore, boilerplate: Boilerplate) -> Iterator["_Window"]:
    for start in range(0, len(episodes), _WINDOW):
        rows = range(start, min(start + _WINDOW, len(episodes)))
        yield _Window([episodes.episode(row) for row in rows], boilerplate)


class _Window:
    """What there is to embed of some episodes: their passages, and the clauses of each.

    A title is a clause too, of no sentence.
    """

    def __init__(self, episodes: list[Episode], boilerplate: Boilerplate) -> None:
        self.passages: list[str] = []
        self.passage_ends: list[int] = []
        self.clauses: list[str] = []
        self.sentences: list[list[Span]] = []  # of each clause of each episode
        for episode in episodes:
            sentences = boilerplate.own_sentences(episode)
            self.passages += passages_of(episode, sentences)
            self.passage_ends.append(len(self.passages))
            self._add_clauses(episode, sentences)

    def _add_clauses(self, episode: Episode, sentences: list[Span]) -> None:
        divided = [(span, split_clauses(episode.summary, span)) for span in sentences]
        title = [fold(episode.title)] if episode.title else []
        self.clauses += title
        self.clauses += [text for _, spans in divided for text in texts_of(episode, spans)]
        within = (span for span, spans in divided for _ in spans)
        self.sentences.append([*(TITLE for _ in title), *within])
