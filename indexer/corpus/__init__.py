"""Where do episodes come from?

`read_corpus` reads files, folders and addresses of any supported form into episodes, in order.
Each form has a reader that yields records (a place and its fields) or rejections (a place and
why); `form` tells which reader it takes, `gathering` follows folders and lists of feeds, `fetch`
gets what has an address, and `record` turns fields into an `Episode`. A rejected record never
stops the others unless the caller raises.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from indexer.corpus.gathering import STANDARD_INPUT, Fetch, fetch_nothing, lasting_name, records_of
from indexer.corpus.place import Place, Record, Rejection
from indexer.corpus.record import MOST_ID_CHARACTERS, episode_from_fields
from indexer.corpus.values import InvalidRecord
from indexer.episode import Episode

__all__ = [
    "STANDARD_INPUT",
    "Fetch",
    "Place",
    "Rejection",
    "fetch_nothing",
    "lasting_name",
    "read_corpus",
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
    ids = _Ids()
    for source in sources:
        for record in records_of(source, fetch):
            if isinstance(record, Rejection):
                on_rejected(record)
                continue
            try:
                yield ids.its_own(_episode(record, on_rejected), record.place)
            except InvalidRecord as invalid:
                on_rejected(Rejection(record.place, str(invalid)))


def _episode(record: Record, on_rejected: Callable[[Rejection], None]) -> Episode:
    def on_left_out(reason: str) -> None:
        on_rejected(Rejection(record.place, f"{reason} (left out until then)", kept=True))

    return episode_from_fields(record.fields, on_left_out)


class _Ids:
    """Whose each id is, by a digest: ten million would not fit in memory beside the index."""

    def __init__(self) -> None:
        self._first_seen: dict[bytes, Place] = {}

    def its_own(self, episode: Episode, place: Place) -> Episode:
        """The episode, under another id where a feed gives it the guid of one before it.

        Raises InvalidRecord where it has no other.
        """
        for episode_id in (episode.episode_id, *_other_ids(episode)):
            key = blake2b(episode_id.encode(), digest_size=12).digest()
            if self._first_seen.setdefault(key, place) is place:
                return replace(episode, episode_id=episode_id)
        first = self._first_seen[blake2b(episode.episode_id.encode(), digest_size=12).digest()]
        raise InvalidRecord(
            f"the id {episode.episode_id!r} was already used at {first}; give each its own"
        )


def _other_ids(episode: Episode) -> Iterator[str]:
    if episode.guid == episode.episode_id and episode.podcast:
        yield f"{episode.podcast.title}: {episode.guid}"[:MOST_ID_CHARACTERS]
        if episode.audio_url:
            yield episode.audio_url[:MOST_ID_CHARACTERS]
