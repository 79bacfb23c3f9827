"""Turns what the user names (files, folders, lists of feeds, addresses) into parts to read."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from indexer.corpus.feeds.feed import read_feed
from indexer.corpus.feeds.history import FeedHistory, now
from indexer.corpus.feeds.list_history import KeptList
from indexer.corpus.feeds.opml import feeds_of, list_has_end
from indexer.corpus.fetching.addresses import PRIVATE_MARK, public_form
from indexer.corpus.fetching.answer import Ended
from indexer.corpus.formats import Reader, is_opml, reader_of
from indexer.corpus.records.location import Location, Record, Rejection, Unreadable
from indexer.corpus.source import STANDARD_INPUT_NAME, Source
from indexer.corpus.subscriptions import (
    Asked,
    Fetch,
    Fetched,
    KeptFeed,
    Remembering,
    following_moves,
    kept_note,
)
from indexer.errors import CorpusError
from indexer.storage.checksums import sha256_of

STANDARD_INPUT = "-"

T = TypeVar("T")
Records = Iterator[Record | Rejection]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a corpus."""

    source: Source
    reader: Reader | None = None  # where its form need not be told from the file
    named: bool = False  # by the user: it has to be readable, and one of many has not

    def records(self) -> Records:
        """Yields the records. Raises CorpusError if a named file cannot be read."""
        records = self._read()
        return records if self.named else _rejecting(records)

    def _read(self) -> Records:
        yield from (self.reader or reader_of(self.source))(self.source)

    def fingerprint(self) -> str:
        """Equal if name and bytes are equal."""
        try:
            return f"{self.source.name} {sha256_of(self.source.path)}"
        except OSError as error:
            return str(self.source.unreadable(error))


Gathered = Part | KeptFeed | Rejection


def is_address(name: str | Path) -> bool:
    return str(name).lower().startswith(("http://", "https://"))


def lasting_name(name: str | Path) -> str:
    """An absolute name, to read the source again from any folder."""
    return (
        str(name) if is_address(name) or str(name) == STANDARD_INPUT else str(Path(name).resolve())
    )


def public_name(name: str) -> str:
    """The public form of a lasting name: an address without its secrets."""
    return public_form(name) if is_address(name) else name


def _fetched_ahead(sources: Sequence[str | Path], fetch: Fetch) -> Fetch:
    """A `fetch` that has fetched all named addresses in advance."""
    named = dict.fromkeys(str(source) for source in sources if is_address(source))
    ahead = fetch([*named]) if named else {}

    def fetch_others(addresses: Sequence[str]) -> Fetched:
        others = [address for address in addresses if address not in ahead]
        return {**ahead, **(fetch(others) if others else {})}

    return fetch_others


@contextmanager
def gather(
    names: Sequence[str | Path], fetch: Fetch, history: FeedHistory | None = None
) -> Iterator[list[Gathered]]:
    """Give every part there is to read, in order, and say why others are none.

    Feeds with an address go into `history`, if there is one. Raises CorpusError where a file that
    was named cannot be read; an address never does.
    """
    fetch = _fetched_ahead(names, following_moves(fetch, history) if history else fetch)
    with ExitStack() as stack:
        spool = Path()
        if STANDARD_INPUT in map(str, names):  # a build that is killed leaves this directory behind
            spool = Path(stack.enter_context(TemporaryDirectory()))
        found = [part for name in names for part in _parts(name, fetch, spool, history)]
        asked = [part.address for part in found if isinstance(part, Asked)]
        remembering = Remembering.of(history, asked) if history else None
        yield [each for part in found for each in _gathered(part, remembering)]


def _gathered(part: Gathered | Asked, remembering: Remembering | None) -> Iterator[Gathered]:
    if isinstance(part, Asked):
        yield from _rejecting(_parts_of(part, remembering))
    else:
        yield part


def _parts_of(asked: Asked, remembering: Remembering | None) -> Iterator[Gathered]:
    if remembering is None:
        yield from asked.notes()
        if place := asked.moved_to():
            yield asked.move_note(place)
        reader = asked.reading()
        yield from (Part(source, reader) for source in asked.sources())
        return
    for each in remembering.parts(asked):
        yield Part(each) if isinstance(each, Source) else each


def sources_fingerprint(gathered: Sequence[Gathered]) -> str:
    """Equal where the same files and feeds say the same; a note or a reason changes nothing."""
    listing = [
        str(part.place) if isinstance(part, Rejection) else part.fingerprint()
        for part in gathered
        if not (isinstance(part, Rejection) and part.kept)
    ]
    return sha256("\n".join(listing).encode("utf-8", "surrogateescape")).hexdigest()


def _parts(
    name: str | Path, fetch: Fetch, spool: Path, history: FeedHistory | None
) -> Iterator[Gathered | Asked]:
    path = Path(name)
    if is_address(name):
        yield from _rejecting(_fetched(str(name), fetch, history))
    elif str(name) == STANDARD_INPUT:
        yield from _listed(_spooled(spool / "standard-input"), fetch, named=True)
    elif path.is_dir():
        yield from _of_folder(path, fetch)
    elif path.is_file():
        yield from _listed(Source(str(path), path), fetch, named=True)
    else:
        raise CorpusError(f"{path}: there is no such file; check the path given as the corpus.")


def _of_folder(folder: Path, fetch: Fetch) -> Iterator[Gathered | Asked]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] != ".")
    if not files:
        yield Rejection(Location(str(folder)), "the folder has no file; folders in it are not read")
    for file in files:
        yield from _rejecting(_listed(Source(str(file), file), fetch))


def fetch_nothing(addresses: Sequence[str]) -> Fetched:
    return dict.fromkeys(addresses, "is not fetched here; save it to a file")


def _rejecting(found: Iterator[T]) -> Iterator[T | Rejection]:
    """Yields a rejection for a source that cannot be read, so that others go on."""
    try:
        yield from found
    except Unreadable as unreadable:
        yield unreadable.rejection


def _spooled(file: Path) -> Source:
    with file.open("wb") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
    return Source(STANDARD_INPUT_NAME, file)


def _fetched(address: str, fetch: Fetch, history: FeedHistory | None) -> Iterator[Gathered | Asked]:
    asked = Asked(address, fetch([address])[address])
    if history and isinstance(asked.answer, Ended):
        history.lists.remove(address)
    last = history.lists.last(address) if history else None
    if not last and (isinstance(asked.answer, str) or not is_opml(asked.source())):
        yield asked
        return
    try:
        feeds = _whole_list(asked.source(), last)
    except Unreadable as unreadable:
        if not last:
            raise
        yield kept_note(unreadable.rejection, last.answered_at, "feeds")
        feeds = last.feeds
    else:
        if history:
            history.lists.keep(address, KeptList(feeds, now()))
    yield from _of_list(feeds, fetch)


def _listed(source: Source, fetch: Fetch, *, named: bool = False) -> Iterator[Gathered | Asked]:
    """The source itself, or the feeds that a list names."""
    if not is_opml(source):
        yield Part(source, named=named)
    elif feeds := _feeds_of(source):
        yield from _of_list(feeds, fetch)
    else:
        yield _no_feed(source).rejection


def _whole_list(source: Source, last: KeptList | None) -> list[str]:
    """Raises Unreadable where the source is no list, an empty one, or one cut short."""
    if not is_opml(source):
        raise Unreadable(source.place(), "is no list of feeds")
    feeds = _feeds_of(source)
    if not feeds:
        raise _no_feed(source)
    if last and len(feeds) < len(last.feeds) and not list_has_end(source):
        raise Unreadable(source.place(), "is cut short")
    return feeds


def _feeds_of(source: Source) -> list[str]:
    return [_resolved(source, feed) for feed in feeds_of(source)]


def _no_feed(source: Source) -> Unreadable:
    return Unreadable(source.place(), "the list has no feed; give its outlines an xmlUrl")


def _of_list(feeds: Sequence[str], fetch: Fetch) -> Iterator[Gathered | Asked]:
    fetched = fetch([feed for feed in feeds if is_address(feed)])
    for feed in feeds:
        yield from _rejecting(_feed(feed, fetched))


def _resolved(source: Source, feed: str) -> str:
    if is_address(source.name):
        return urljoin(source.name, feed)  # a list from elsewhere names no file of this machine
    if urlsplit(feed).scheme:
        return feed
    return str(source.path.parent / feed.removesuffix(f"#{PRIVATE_MARK}"))


def _feed(feed: str, fetched: Fetched) -> Iterator[Gathered | Asked]:
    if is_address(feed):
        yield Asked(feed, fetched[feed], read_feed)
        return
    if urlsplit(feed).scheme:
        raise Unreadable(Location(public_form(feed)), "is no http or https address; give one")
    if not Path(feed).is_file():
        raise Unreadable(Location(feed), "there is no such file; put it beside the list")
    yield Part(Source(feed, Path(feed)), read_feed)
