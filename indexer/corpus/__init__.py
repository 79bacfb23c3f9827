"""Where do episodes come from?

`read_corpus` reads files, folders and addresses of any supported form into episodes, in order.
Each form has a reader that yields records (a place and its fields) or rejections (a place and
why); `form` tells which reader it takes, `gathering` follows folders and lists of feeds, `fetch`
gets what has an address, and `record` turns fields into an `Episode`. A rejected record never
stops the others unless the caller raises.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from indexer.corpus.first_seen import FirstSeen
from indexer.corpus.gathering import (
    STANDARD_INPUT,
    Fetch,
    Gathered,
    fetch_nothing,
    gather,
    lasting_name,
    sources_fingerprint,
)
from indexer.corpus.place import Place, Record, Rejection
from indexer.corpus.record import MOST_ID_CHARACTERS, episode_from_fields, text_id
from indexer.corpus.values import InvalidRecord
from indexer.episode import Episode

__all__ = [
    "STANDARD_INPUT",
    "Fetch",
    "Gathered",
    "Place",
    "Rejection",
    "fetch_nothing",
    "gather",
    "lasting_name",
    "read_corpus",
    "read_gathered",
    "sources_fingerprint",
]


def read_corpus(
    sources: Sequence[str | Path],
    on_rejected: Callable[[Rejection], None],
    fetch: Fetch = fetch_nothing,
) -> Iterator[Episode]:
    """Yield the episodes of `sources`: paths, http(s) addresses, or "-" for standard input.

    What has to be left out is handed to `on_rejected`. Raises CorpusError where a whole file that
    was named cannot be read.
    """
    with gather(sources, fetch) as gathered:
        yield from read_gathered(gathered, on_rejected)


def read_gathered(
    gathered: Iterable[Gathered], on_rejected: Callable[[Rejection], None]
) -> Iterator[Episode]:
    with FirstSeen() as first_seen:
        ids = _Ids(first_seen)
        for record in _records(gathered):
            if isinstance(record, Rejection):
                on_rejected(record)
                continue
            try:
                yield ids.its_own(_episode(record, on_rejected), record.place)
            except InvalidRecord as invalid:
                on_rejected(Rejection(record.place, str(invalid)))


def _records(gathered: Iterable[Gathered]) -> Iterator[Record | Rejection]:
    for part in gathered:
        if isinstance(part, Rejection):
            yield part
        else:
            yield from part.records()


def _episode(record: Record, on_rejected: Callable[[Rejection], None]) -> Episode:
    def on_left_out(reason: str) -> None:
        on_rejected(Rejection(record.place, f"{reason} (left out until then)", kept=True))

    return episode_from_fields(record.fields, on_left_out)


class _Ids:
    """Whose each id is."""

    def __init__(self, first_seen: FirstSeen) -> None:
        self._first_seen = first_seen

    def its_own(self, episode: Episode, place: Place) -> Episode:
        """The episode, under another id where its feed gives it that of one before it.

        Raises InvalidRecord where it has no other.
        """
        first = self._first_seen.first(episode.episode_id, place)
        if first is None:
            return episode
        for episode_id in _other_ids(episode):
            if self._first_seen.first(episode_id, place) is None:
                return replace(episode, episode_id=episode_id)
        raise InvalidRecord(
            f"the id {episode.episode_id!r} was already used at {first}; give each its own"
        )


def _other_ids(episode: Episode) -> tuple[str, ...]:
    """None where its owner chose the one it has."""
    if episode.episode_id not in (episode.guid, episode.audio_url, episode.link):
        return ()
    podcast = episode.podcast.title if episode.podcast else ""
    of_podcast = f"{podcast}: {episode.episode_id}"[:MOST_ID_CHARACTERS]
    return of_podcast, text_id(episode.title, episode.summary)
