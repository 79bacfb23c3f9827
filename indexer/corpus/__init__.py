"""Where do episodes come from?

`read_corpus` reads files, folders and addresses of any supported form into episodes, in order.
Each form has a reader that yields records (a place and its fields) or rejections (a place and
why); `form` tells which reader it takes, `gathering` follows folders and lists of feeds, `fetch`
gets what has an address, and `record` turns fields into an `Episode`. A rejected record never
stops the others unless the caller raises.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Generic, TypeVar

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
from indexer.processes import spread

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


_RECORDS_A_BATCH = 256

Seen = TypeVar("Seen")


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
        for episode, _ in read_gathered(gathered, on_rejected, lambda _: None):
            yield episode


def read_gathered(
    gathered: Iterable[Gathered],
    on_rejected: Callable[[Rejection], None],
    look: Callable[[Episode], Seen],
    processes: int = 1,
) -> Iterator[tuple[Episode, Seen]]:
    """Each episode, and what `look` sees in it: by the same process that made the episode."""

    def make(records: list[Record | Rejection]) -> list[_Found[Seen] | Rejection]:
        return list(_found(records, look))

    with FirstSeen() as first_seen:
        ids = _Ids(first_seen)
        for found in chain.from_iterable(spread(make, _batches(_records(gathered)), processes)):
            if isinstance(found, Rejection):
                on_rejected(found)
                continue
            try:
                yield ids.its_own(found.episode, found.place), found.seen
            except InvalidRecord as invalid:
                on_rejected(Rejection(found.place, str(invalid)))


@dataclass(frozen=True, slots=True)
class _Found(Generic[Seen]):
    place: Place
    episode: Episode
    seen: Seen


def _records(gathered: Iterable[Gathered]) -> Iterator[Record | Rejection]:
    for part in gathered:
        if isinstance(part, Rejection):
            yield part
        else:
            yield from part.records()


def _batches(records: Iterator[Record | Rejection]) -> Iterator[list[Record | Rejection]]:
    while batch := list(islice(records, _RECORDS_A_BATCH)):
        yield batch


def _found(
    records: Iterable[Record | Rejection], look: Callable[[Episode], Seen]
) -> Iterator[_Found[Seen] | Rejection]:
    for record in records:
        if isinstance(record, Rejection):
            yield record
            continue
        left_out: list[str] = []
        try:
            episode = episode_from_fields(record.fields, left_out.append)
        except InvalidRecord as invalid:
            yield Rejection(record.place, str(invalid))
            continue
        for reason in left_out:
            yield Rejection(record.place, f"{reason} (left out until then)", kept=True)
        yield _Found(record.place, episode, look(episode))


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
