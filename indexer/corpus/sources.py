"""Resolves what the user names (files, folders, lists of feeds, addresses) to parts to read."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from indexer.corpus.feeds.address_list import web_address
from indexer.corpus.feeds.feed import read_feed
from indexer.corpus.feeds.history import FeedHistory, now
from indexer.corpus.feeds.list_history import KeptList
from indexer.corpus.feeds.opml import list_has_end
from indexer.corpus.fetching.addresses import PRIVATE_MARK, public_form
from indexer.corpus.fetching.answer import Answer, Ended
from indexer.corpus.formats import Reader, feeds_listed, reader_of
from indexer.corpus.readers.json_document import read_json
from indexer.corpus.records.location import Location, Record, Rejection, Unreadable
from indexer.corpus.source import STANDARD_INPUT_NAME, FieldNames, Source
from indexer.corpus.subscriptions import (
    Asked,
    Fetch,
    Fetched,
    Remembering,
    following_moves,
    kept_note,
)
from indexer.corpus.unicode_marks import decoded
from indexer.errors import CorpusError
from indexer.storage.checksums import sha256_of

STANDARD_INPUT = "-"

T = TypeVar("T")
Records = Iterator[Record | Rejection]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a corpus."""

    source: Source
    reader: Reader | None = None  # if the format is known without looking into the file
    named: bool = False  # by the user, so it must be readable; one of many need not be

    def records(self) -> Records:
        """Yields the records. Raises CorpusError if a named file cannot be read."""
        records = self._read()
        return records if self.named else _rejecting(records)

    def _read(self) -> Records:
        yield from (self.reader or reader_of(self.source))(self.source)

    def fingerprint(self) -> str:
        """Equal if name, bytes and the user's names of fields are equal."""
        names = "".join(f" {field}={name}" for field, name in self.source.field_names)
        try:
            return f"{self.source.name} {sha256_of(self.source.path)}{names}"
        except OSError as error:
            return str(self.source.unreadable(error))


class Readable(Protocol):
    """A part of a corpus, and what accompanies it."""

    def records(self) -> Records: ...

    def fingerprint(self) -> str: ...


Gathered = Readable | Rejection


def is_address(name: str | Path) -> bool:
    return web_address(str(name)).lower().startswith(("http://", "https://"))


def lasting_name(name: str | Path) -> str:
    """An absolute name, to read the source again from any folder."""
    if is_address(name):
        return web_address(str(name))
    return str(name) if str(name) == STANDARD_INPUT else str(Path(name).resolve())


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
    names: Sequence[str | Path],
    fetch: Fetch,
    history: FeedHistory | None = None,
    field_names: FieldNames = (),
) -> Iterator[list[Gathered]]:
    """Every part to read, in order, and rejections of what cannot be read.

    `field_names` are the user's names of fields. Feeds with an address are stored in `history`, if
    there is one. Raises CorpusError if a file that was named cannot be read, but not for addresses.
    """
    names = [web_address(name) if isinstance(name, str) else name for name in names]
    fetch = _fetched_ahead(names, following_moves(fetch, history) if history else fetch)
    with ExitStack() as stack:
        spool = Path()
        if STANDARD_INPUT in map(str, names):  # a killed build leaves this directory behind
            spool = Path(stack.enter_context(TemporaryDirectory()))
        found = [*_once(part for name in names for part in _parts(name, fetch, spool, history))]
        asked = [part.address for part in found if isinstance(part, Asked)]
        remembering = Remembering.of(history, asked) if history else None
        with history.batch() if history else nullcontext():
            gathered = [each for part in found for each in _gathered(part, remembering)]
        yield [_with_names(each, field_names) for each in gathered]


def refuse_missing(names: Iterable[str | Path]) -> None:
    """Raises CorpusError for a named file or folder that does not exist."""
    for name in names:
        if not (is_address(name) or str(name) == STANDARD_INPUT or Path(name).exists()):
            raise _missing(Path(name))


def _missing(path: Path) -> CorpusError:
    return CorpusError(f"{path}: there is no such file; check the path given as the corpus.")


def _with_names(part: Gathered, field_names: FieldNames) -> Gathered:
    if not isinstance(part, Part) or not field_names:
        return part
    return replace(part, source=replace(part.source, field_names=field_names))


def _once(found: Iterable[Gathered | Asked]) -> Iterator[Gathered | Asked]:
    """Each file and each address once, even if several lists name it."""
    seen: set[Path | str] = set()
    for part in found:
        if isinstance(part, Part | Asked):
            key = part.source.path.resolve() if isinstance(part, Part) else part.address
            if key in seen:
                continue
            seen.add(key)
        yield part


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
        yield Part(each, asked.reading()) if isinstance(each, Source) else each


def sources_fingerprint(gathered: Sequence[Gathered]) -> str:
    """A fingerprint of the content of all files and feeds, without notes and reasons."""
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
        raise _missing(path)


def _of_folder(folder: Path, fetch: Fetch) -> Iterator[Gathered | Asked]:
    files = list(_files(folder))
    if not files:
        yield Rejection(
            Location(str(folder)), "the folder has no file, and no folder in it has one"
        )
    for file in files:
        if isinstance(file, Rejection):
            yield file
        else:
            yield from _rejecting(_listed(Source(str(file), file), fetch))


def _files(folder: Path) -> Iterator[Path | Rejection]:
    """The files in a folder and in the folders in it, but for hidden ones."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and path.is_symlink():
            reason = "is a link to a folder, which is not followed; give that folder itself"
            yield Rejection(Location(str(path)), reason)
        elif path.is_dir():
            yield from _files(path)


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
    if not last and (isinstance(asked.answer, str) or feeds_listed(asked.source()) is None):
        yield asked
        return
    try:
        entries = _whole_list(asked.source(), last)
    except Unreadable as unreadable:
        if not last:
            raise
        yield kept_note(unreadable.rejection, last.answered_at, "feeds")
        entries = [*last.feeds]
    else:
        if history:
            history.lists.keep(address, KeptList(_feeds(entries), now()))
    yield from _of_list(entries, fetch)


def _listed(source: Source, fetch: Fetch, *, named: bool = False) -> Iterator[Gathered | Asked]:
    """The source itself, or the feeds that a list names."""
    entries = _entries(source)
    if entries is None:
        yield Part(source, named=named)
        return
    if not _feeds(entries):
        yield _no_feed(source).rejection
    yield from _of_list(entries, fetch)


def _whole_list(source: Source, last: KeptList | None) -> list[str | Rejection]:
    """Raises Unreadable if the source is not a list, an empty one, or one cut short."""
    entries = _entries(source)
    if entries is None:
        raise Unreadable(source.place(), "is no list of feeds")
    feeds = _feeds(entries)
    if not feeds:
        raise _no_feed(source)
    if last and len(feeds) < len(last.feeds) and not list_has_end(source):
        raise Unreadable(source.place(), "is cut short")
    return entries


def _entries(source: Source) -> list[str | Rejection] | None:
    """The feeds of a list, and rejections of other entries; None if the source is not a list."""
    listed = feeds_listed(source)
    if listed is None:
        return None
    return [each if isinstance(each, Rejection) else _resolved(source, each) for each in listed]


def _feeds(entries: Iterable[str | Rejection]) -> list[str]:
    return [each for each in entries if isinstance(each, str)]


def _no_feed(source: Source) -> Unreadable:
    return Unreadable(source.place(), "the list has no feed; give its outlines an xmlUrl")


def _of_list(entries: Sequence[str | Rejection], fetch: Fetch) -> Iterator[Gathered | Asked]:
    fetched = fetch([feed for feed in _feeds(entries) if is_address(feed)])
    for each in entries:
        if isinstance(each, Rejection):
            yield each
        else:
            yield from _rejecting(_feed(each, fetched))


def _resolved(source: Source, feed: str) -> str:
    if is_address(source.name):
        return urljoin(source.name, feed)  # a fetched list cannot name a local file
    if urlsplit(feed).scheme:
        return feed
    return str(source.path.parent / feed.removesuffix(f"#{PRIVATE_MARK}"))


def _reader_of_feed(answer: Answer | str) -> Reader:
    """Told by its content alone: the address of a feed may end in anything."""
    if isinstance(answer, Answer):
        page = answer.pages[0]
        if decoded(Source(page.address, page.file).head(64)).lstrip().startswith("{"):
            return read_json
    return read_feed


def _feed(feed: str, fetched: Fetched) -> Iterator[Gathered | Asked]:
    if is_address(feed):
        yield Asked(feed, fetched[feed], _reader_of_feed(fetched[feed]))
        return
    if urlsplit(feed).scheme:
        raise Unreadable(Location(public_form(feed)), "is no http or https address; give one")
    if not Path(feed).is_file():
        raise Unreadable(Location(feed), "there is no such file; put it beside the list")
    yield Part(Source(feed, Path(feed)), read_feed)
