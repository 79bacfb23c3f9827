"""Gives each episode an id that no other episode has."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Protocol, Self, TypeVar

from indexer.corpus.records.first_seen import FirstSeen
from indexer.corpus.records.location import Location, Rejection
from indexer.corpus.records.record import MOST_ID_CHARACTERS, text_id
from indexer.episode import Episode


class Found(Protocol):
    """An episode and its location."""

    @property
    def place(self) -> Location: ...

    @property
    def episode_id(self) -> str: ...

    @property
    def episode(self) -> Episode: ...

    def under(self, episode_id: str) -> Self: ...


Each = TypeVar("Each", bound=Found)


def with_unique_ids(
    found: Iterable[Each | Rejection], on_rejected: Callable[[Rejection], None]
) -> Iterator[Each]:
    """An episode with a used id gets another of its ids, if it has one."""
    with closing(FirstSeen()) as first_seen:
        for each in found:
            if not isinstance(each, Rejection):
                each = _under_its_own(each, first_seen)
            if isinstance(each, Rejection):
                on_rejected(each)
            else:
                yield each


def _under_its_own(found: Each, first_seen: FirstSeen) -> Each | Rejection:
    first = first_seen.first(found.episode_id, found.place)
    if first is None:
        return found
    for episode_id in _other_ids(found.episode):
        if first_seen.first(episode_id, found.place) is None:
            return found.under(episode_id)
    reason = f"the id {found.episode_id!r} was already used at {first}; give each its own"
    return Rejection(found.place, reason)


def _other_ids(episode: Episode) -> tuple[str, ...]:
    """Other possible ids; none if the owner chose the id."""
    if episode.episode_id not in (episode.guid, episode.audio_url, episode.link):
        return ()
    podcast = episode.podcast.title if episode.podcast else ""
    of_podcast = f"{podcast}: {episode.episode_id}"[:MOST_ID_CHARACTERS]
    return of_podcast, text_id(episode.title, episode.summary)
