"""From what the user names to records: files, folders, lists of feeds, addresses."""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urljoin, urlsplit

from indexer.corpus.feed import read_feed
from indexer.corpus.form import is_opml, reader_of
from indexer.corpus.opml import feeds_of
from indexer.corpus.place import Place, Record, Rejection, Unreadable
from indexer.corpus.source import STANDARD_INPUT_NAME, Source
from indexer.errors import CorpusError

STANDARD_INPUT = "-"

Records = Iterator[Record | Rejection]
Fetched = Mapping[str, Path | str]  # where each address was put, or why it was not
Fetch = Callable[[Sequence[str]], Fetched]


def is_address(name: str | Path) -> bool:
    return str(name).lower().startswith(("http://", "https://"))


def lasting_name(name: str | Path) -> str:
    """What the source is called from any folder, to read it again."""
    return (
        str(name) if is_address(name) or str(name) == STANDARD_INPUT else str(Path(name).resolve())
    )


def fetched_ahead(sources: Sequence[str | Path], fetch: Fetch) -> Fetch:
    """`fetch`, for which all that is named by address was fetched at once, a few at a time."""
    named = dict.fromkeys(str(source) for source in sources if is_address(source))
    ahead = fetch([*named]) if named else {}

    def fetch_others(addresses: Sequence[str]) -> Fetched:
        others = [address for address in addresses if address not in ahead]
        return {**ahead, **(fetch(others) if others else {})}

    return fetch_others


def records_of(name: str | Path, fetch: Fetch) -> Records:
    """Raises CorpusError where a file that was named cannot be read; an address never does."""
    path = Path(name)
    if is_address(name):
        yield from _rejecting(_fetched_records(str(name), fetch))
    elif str(name) == STANDARD_INPUT:
        yield from _standard_input(fetch)
    elif path.is_dir():
        yield from _folder_records(path, fetch)
    elif path.is_file():
        yield from _records(Source(str(path), path), fetch)
    else:
        raise CorpusError(f"{path}: there is no such file; check the path given as the corpus.")


def _folder_records(folder: Path, fetch: Fetch) -> Records:
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name[0] != ".")
    if not files:
        yield Rejection(Place(str(folder)), "the folder has no file; folders in it are not read")
    for file in files:
        yield from _rejecting(_records(Source(str(file), file), fetch))


def fetch_nothing(addresses: Sequence[str]) -> Fetched:
    return dict.fromkeys(addresses, "is not fetched here; save it to a file")


def _rejecting(records: Records) -> Records:
    """One of many that cannot be read does not stop the others."""
    try:
        yield from records
    except Unreadable as unreadable:
        yield unreadable.rejection


def _records(source: Source, fetch: Fetch) -> Records:
    yield from _listed(source, fetch) if is_opml(source) else reader_of(source)(source)


def _standard_input(fetch: Fetch) -> Records:
    with NamedTemporaryFile() as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
        yield from _records(Source(STANDARD_INPUT_NAME, Path(spool.name)), fetch)


def _fetched_records(address: str, fetch: Fetch) -> Records:
    yield from _records(_source(address, fetch([address])), fetch)


def _listed(source: Source, fetch: Fetch) -> Records:
    feeds = [_resolved(source, feed) for feed in feeds_of(source)]
    if not feeds:
        yield Rejection(source.place(), "the list has no feed; give its outlines an xmlUrl")
    fetched = fetch([feed for feed in feeds if is_address(feed)])
    for feed in feeds:
        yield from _rejecting(_feed_records(feed, fetched))


def _resolved(source: Source, feed: str) -> str:
    if is_address(source.name):
        return urljoin(source.name, feed)  # a list from elsewhere names no file of this machine
    return feed if urlsplit(feed).scheme else str(source.path.parent / feed)


def _feed_records(feed: str, fetched: Fetched) -> Records:
    yield from read_feed(_source(feed, fetched))


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
