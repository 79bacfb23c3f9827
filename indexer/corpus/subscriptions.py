"""Reads fetched feeds with their history.

A feed is first stored in its history. So a host that is down, or a feed that lists fewer episodes
than before, removes nothing from the corpus.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self

from indexer.corpus.feeds.feed import has_end, read_feed
from indexer.corpus.feeds.history import FeedHistory
from indexer.corpus.fetching.addresses import (
    HIDDEN,
    is_private,
    podcast_id,
    public_form,
    redacted,
    without_secrets,
)
from indexer.corpus.fetching.answer import Answer, Ended, NotAsked
from indexer.corpus.formats import Reader, reader_of
from indexer.corpus.records.location import Location, Record, Rejection, Unreadable
from indexer.corpus.source import Source
from indexer.episode import Json
from indexer.storage.checksums import sha256_of

Fetched = Mapping[str, Answer | str]  # the answer of each address, or why there is none
Fetch = Callable[[Sequence[str]], Fetched]


@dataclass(frozen=True, slots=True)
class Asked:
    """An address and what it gave."""

    address: str
    answer: Answer | str
    reader: Reader | None = None  # where its form need not be told from the file

    def source(self) -> Source:
        """Its first page. Raises Unreadable where the address gave nothing."""
        return self.sources()[0]

    def reading(self) -> Reader | None:
        """The reader of its sources, that hides what is private; None where any may read them."""
        if not is_private(self.address):
            return self.reader

        def read(source: Source) -> Iterator[Record | Rejection]:
            for each in (self.reader or reader_of(source))(source):
                if isinstance(each, Record):
                    yield Record(each.place, self._redacted(each.fields))
                else:
                    yield each

        return read

    def _redacted(self, fields: Mapping[str, Json]) -> dict[str, Json]:
        shown = redacted(fields, self.address)
        if isinstance(shown.get("podcast"), dict):
            shown["podcast"] |= {"id": podcast_id(self.address)}
        return shown

    def sources(self) -> list[Source]:
        """All of its pages. Raises Unreadable where the address gave nothing."""
        name = public_form(self.address)
        if isinstance(self.answer, str):
            raise Unreadable(Location(name), without_secrets(self.answer, self.address))
        return [
            Source(name, page.file, base=public_form(page.address)) for page in self.answer.pages
        ]

    @property
    def by_web_page(self) -> bool:
        return isinstance(self.answer, Answer) and self.answer.by_web_page

    def moved_to(self) -> str | None:
        """Where the feed is from now on; an address that was signed for once is no such place."""
        place = self.answer.moved_to if isinstance(self.answer, Answer) else None
        signed = place is not None and public_form(place) != place
        return None if signed and public_form(self.address) == self.address else place

    def move_note(self, place: str) -> Rejection:
        reason = f"has moved to {public_form(place)}, which is asked from now on"
        if self.by_web_page:
            reason = f"is a web page; its feed {public_form(place)} is asked from now on"
        return Rejection(Location(public_form(self.address)), reason, kept=True)

    def notes(self) -> Iterator[Rejection]:
        if isinstance(self.answer, Answer):
            for note in self.answer.notes:
                reason = without_secrets(note, self.address)
                yield Rejection(Location(public_form(self.address)), reason, kept=True)


@dataclass(frozen=True, slots=True)
class KeptFeed:
    """A feed with an address: what it lists now and what it listed before."""

    address: str
    history: FeedHistory

    def records(self) -> Iterator[Record | Rejection]:
        yield from self.history.records(self.address)

    def fingerprint(self) -> str:
        """Equal if address and episodes are equal."""
        return self.history.fingerprint(self.address)


def following_moves(fetch: Fetch, history: FeedHistory) -> Fetch:
    """Asks each feed where it is now and, where that gives nothing, where it was first."""

    def fetch_at_places(addresses: Sequence[str]) -> Fetched:
        feeds = {address: history.addresses.feed_of(address) for address in addresses}
        places = {address: history.addresses.place_of(feed) for address, feed in feeds.items()}
        found = fetch(list(dict.fromkeys(places.values())))
        failed = [each for each, place in places.items() if isinstance(found[place], str)]
        again = [each for each in failed if each not in found]
        first = fetch(again) if again else {}
        return {
            address: first[address]
            if isinstance(first.get(address), Answer)
            else found[places[address]]
            for address in addresses
        }

    return fetch_at_places


@dataclass(frozen=True, slots=True)
class Remembering:
    """Reads answers into the history, each feed once."""

    history: FeedHistory
    left: set[str]  # feeds that no address of the corpus names any more
    read: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, history: FeedHistory, addresses: Iterable[str]) -> Self:
        return cls(history, history.feeds() - set(map(history.addresses.feed_of, addresses)))

    def parts(self, asked: Asked) -> Iterator[Source | KeptFeed | Rejection]:
        """Raises Unreadable where nothing was ever read from the address."""
        feed = self.history.addresses.feed_of(asked.address)
        if feed in self.read:
            return
        if isinstance(asked.answer, NotAsked) and self.history.has(feed):
            self.read.add(feed)
            yield from self._failing(feed)
            yield KeptFeed(feed, self.history)
            return
        if isinstance(asked.answer, Ended):
            self.history.remove(feed)
        try:
            sources = asked.sources()
            if (asked.reader or reader_of(sources[0])) is not read_feed:
                yield sources[0]
                return
            if asked.by_web_page and self.history.has(feed):
                # The feed that a site names is not always the one that was read here before.
                raise Unreadable(sources[0].place(), "is a web page and no feed")
            reading = self._reading(feed, asked, sources)
        except Unreadable as unreadable:
            feed = self._continued(feed, asked, None)
            if not self.history.has(feed):
                raise
            self.history.failed(feed)
            yield kept_note(unreadable.rejection, self.history.answered_at(feed))
        else:
            feed, notes = self._remembered(feed, asked, reading)
            yield from notes
        if feed not in self.read:
            self.read.add(feed)
            yield KeptFeed(feed, self.history)

    def _continued(self, feed: str, asked: Asked, podcast: Json) -> str:
        """The feed that this one continues under another address: a new token, or a new host."""
        if self.history.has(feed) or isinstance(asked.answer, Ended):
            return feed
        found = {each for each in self.left if self._is_same(each, asked.address, podcast)}
        if len(found) != 1:
            return feed
        self.left.difference_update(found)
        [known] = found
        self.history.addresses.move(known, asked.address)
        return known

    def _is_same(self, feed: str, address: str, podcast: Json) -> bool:
        """Whether guids agree, or all of the address but its secrets."""
        known = self.history.podcast(feed)
        place = self.history.addresses.place_of(feed)
        if address.partition("#")[0] == place.partition("#")[0]:
            return True  # it was marked as private, or no longer is
        if podcast and podcast.get("guid") and known.get("guid"):
            return bool(podcast["guid"] == known["guid"])
        same = public_form(address) == public_form(place)
        if not same or not is_private(address):
            return False
        agrees = bool(podcast) and podcast.get("title") == known.get("title")
        return agrees or HIDDEN not in public_form(address)

    def _failing(self, feed: str) -> Iterator[Rejection]:
        if since := self.history.failed_since(feed):
            failure = Rejection(Location(self.history.name(feed)), f"fails since {since}")
            yield kept_note(failure, self.history.answered_at(feed))

    def _reading(self, feed: str, asked: Asked, sources: Sequence[Source]) -> "_Reading":
        """Raises Unreadable where the sources have no episode that can be read."""
        whole = isinstance(asked.answer, Answer) and asked.answer.whole
        content = _content_of(sources) if whole else None
        if content and self.history.holds(feed, content):
            return _Reading(content, None)
        found = [each for source in sources for each in read_feed(source)]
        records = [each for each in found if isinstance(each, Record)]
        if not records:
            [*_, reason] = (each.reason for each in found if isinstance(each, Rejection))
            raise Unreadable(sources[0].place(), reason)
        if len(records) < self.history.listed(feed) and not all(map(has_end, sources)):
            raise Unreadable(sources[0].place(), "is cut short")
        return _Reading(content, records)

    def _remembered(
        self, feed: str, asked: Asked, reading: "_Reading"
    ) -> tuple[str, list[Rejection]]:
        """The feed under which it goes on, and what is to be told."""
        notes = list(asked.notes())
        podcast = reading.records[0].fields.get("podcast") if reading.records else None
        feed = self._continued(feed, asked, podcast)
        place = asked.moved_to()
        if place and place != self.history.addresses.place_of(feed):
            feed = self.history.move(feed, place)
            notes.append(asked.move_note(place))
        if reading.records is None:
            self.history.unchanged(feed)
        else:
            self.history.update(feed, reading.content, reading.records)
        return feed, notes


@dataclass(frozen=True, slots=True)
class _Reading:
    content: str | None  # equal where the pages are; None where some are missing
    records: list[Record] | None  # None where they are those read last


def _content_of(sources: Sequence[Source]) -> str:
    [first, *others] = [sha256_of(source.path) for source in sources]
    return sha256("\n".join((first, *others)).encode()).hexdigest() if others else first


def kept_note(failure: Rejection, answered_at: str, what: str = "episodes") -> Rejection:
    reason = f"{failure.reason}; the {what} read from it on {answered_at} are kept"
    return replace(failure, reason=reason, kept=True, answered_at=answered_at)
