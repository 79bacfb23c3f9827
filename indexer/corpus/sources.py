"""Resolves paths, folders, addresses and lists of feeds to the files to read."""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from indexer.corpus.feeds.feed import read_feed
from indexer.corpus.feeds.opml import feeds_of
from indexer.corpus.formats import Reader, is_opml, reader_of
from indexer.corpus.records.location import Place, Record, Rejection, Unreadable
from indexer.corpus.source import STANDARD_INPUT_NAME, Source
from indexer.errors import CorpusError
from indexer.storage.checksums import sha256_of

STANDARD_INPUT = "-"

T = TypeVar("T")
Records = Iterator[Record | Rejection]
Fetched = Mapping[str, Path | str]  # where each address was put, or why it was not
Fetch = Callable[[Sequence[str]], Fetched]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a corpus."""

    source: Source
    reader: Reader | None = None  # where its form need not be told from the file
    named: bool = False  # by the user: it has to be readable, and one of many has not

    def records(self) -> Records:
        """Raises CorpusError where it was named and cannot be read."""
        records = self._read()
        return records if self.named else _rejecting(records)

    def _read(self) -> Records:
        yield from (self.reader or reader_of(self.source))(self.source)

    def fingerprint(self) -> str:
        """Equal for the same bytes under the same name."""
        try:
            return f"{self.source.name} {sha256_of(self.source.path)}"
        except OSError as error:
            return str(self.source.unreadable(error))


Gathered = Part | Rejection


def is_address(name: str | Path) -> bool:
    return str(name).lower().startswith(("http://", "https://"))


def lasting_name(name: str | Path) -> str:
    """What the source is called from any folder, to read it again."""
    return (
        str(name) if is_address(name) or str(name) == STANDARD_INPUT else str(Path(name).resolve())
    )


def _fetched_ahead(sources: Sequence[str | Path], fetch: Fetch) -> Fetch:
    """`fetch`, for which all that is named by address was fetched at once, a few at a time."""
    named = dict.fromkeys(str(source) for source in sources if is_address(source))
    ahead = fetch([*named]) if named else {}

    def fetch_others(addresses: Sequence[str]) -> Fetched:
        others = [address for address in addresses if address not in ahead]
        return {**ahead, **(fetch(others) if others else {})}

    return fetch_others


@contextmanager
def gather(names: Sequence[str | Path], fetch: Fetch) -> Iterator[list[Gathered]]:
    """Every file there is to read, in order, and why others are none; fetched, but not yet read.

    Raises CorpusError where a file that was named cannot be read; an address never does.
    """
    fetch = _fetched_ahead(names, fetch)
    with ExitStack() as stack:
        spool = Path()
        if STANDARD_INPUT in map(str, names):  # a build that is killed leaves this directory behind
            spool = Path(stack.enter_context(TemporaryDirectory()))
        yield [part for name in names for part in _parts(name, fetch, spool)]


def sources_fingerprint(gathered: Sequence[Gathered]) -> str:
    """Equal where the same files say the same."""
    listing = [part.fingerprint() if isinstance(part, Part) else str(part) for part in gathered]
    return sha256("\n".join(listing).encode("utf-8", "surrogateescape")).hexdigest()


def _parts(name: str | Path, fetch: Fetch, spool: Path) -> Iterator[Gathered]:
    path = Path(name)
    if is_address(name):
        yield from _rejecting(_fetched(str(name), fetch))
    elif str(name) == STANDARD_INPUT:
        yield from _listed(_spooled(spool / "standard-input"), fetch, named=True)
    elif path.is_dir():
        yield from _of_folder(path, fetch)
    elif path.is_file():
        yield from _listed(Source(str(path), path), fetch, named=True)
    else:
        raise CorpusError(f"{path}: there is no such file; check the path given as the corpus.")


def _of_folder(folder: Path, fetch: Fetch) -> Iterator[Gathered]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] != ".")
    if not files:
        yield Rejection(Place(str(folder)), "the folder has no file; folders in it are not read")
    for file in files:
        yield from _rejecting(_listed(Source(str(file), file), fetch))


def fetch_nothing(addresses: Sequence[str]) -> Fetched:
    return dict.fromkeys(addresses, "is not fetched here; save it to a file")


def _rejecting(found: Iterator[T | Rejection]) -> Iterator[T | Rejection]:
    """One of many that cannot be read does not stop the others."""
    try:
        yield from found
    except Unreadable as unreadable:
        yield unreadable.rejection


def _spooled(file: Path) -> Source:
    with file.open("wb") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
    return Source(STANDARD_INPUT_NAME, file)


def _fetched(address: str, fetch: Fetch) -> Iterator[Gathered]:
    yield from _listed(_source(address, fetch([address])), fetch)


def _listed(source: Source, fetch: Fetch, *, named: bool = False) -> Iterator[Gathered]:
    """The source itself or, of a list, the feeds that it names."""
    if not is_opml(source):
        yield Part(source, named=named)
        return
    feeds = [_resolved(source, feed) for feed in feeds_of(source)]
    if not feeds:
        yield Rejection(source.place(), "the list has no feed; give its outlines an xmlUrl")
    fetched = fetch([feed for feed in feeds if is_address(feed)])
    for feed in feeds:
        yield from _rejecting(_feed(feed, fetched))


def _resolved(source: Source, feed: str) -> str:
    if is_address(source.name):
        return urljoin(source.name, feed)  # a list from elsewhere names no file of this machine
    return feed if urlsplit(feed).scheme else str(source.path.parent / feed)


def _feed(feed: str, fetched: Fetched) -> Iterator[Gathered]:
    yield Part(_source(feed, fetched), read_feed)


def _source(name: str, fetched: Fetched) -> Source:
    if is_address(name):
        place = fetched[name]
        if isinstance(place, str):
            raise Unreadable(Place(name), place)
        return Source(name, place)
    if urlsplit(name).scheme:
        raise Unreadable(Place(name), "is no http or https address; give one")
    if not Path(name).is_file():
        raise Unreadable(Place(name), "there is no such file; put it beside the list")
    return Source(name, Path(name))
