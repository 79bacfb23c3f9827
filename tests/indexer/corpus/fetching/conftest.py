"""A host that answers by script, and rounds of reading what it has."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import pytest

from indexer.corpus import FeedHistory, Record, Rejection, gather, records_of
from indexer.corpus.feeds.history import FeedRound
from indexer.corpus.fetching.fetcher import Fetcher
from indexer.episode import Json
from tests.http_host import Reply, http_host

Fields = dict[str, Json]
Page = Reply | bytes | Callable[["Host", Message], Reply]


@dataclass
class Host:
    """One host; `pages` may change between two rounds."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> Counter[str]:
        return Counter(path for path, _ in self.asked)

    def reply(self, path: str, headers: Message) -> Reply:
        with self.lock:
            self.asked.append((path, headers))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            page = self.pages.get(path, (404, b"", {}))
            page = page(self, headers) if callable(page) else page
            return page if isinstance(page, tuple) else (200, page, {})
        finally:
            with self.lock:
                self.at_once -= 1


@contextmanager
def served(host: Host) -> Iterator[Host]:
    with http_host(host.reply) as port:
        host.port = port
        yield host


@pytest.fixture
def host() -> Iterator[Host]:
    with served(Host()) as host:
        yield host


@dataclass(frozen=True)
class Round:
    """What one reading of all sources gave."""

    records: list[Fields]
    told: list[str]
    rounds: list[FeedRound]

    @property
    def titles(self) -> list[str]:
        return [fields["title"] for fields in self.records]

    @property
    def listed(self) -> dict[str, bool]:
        return {fields["title"]: fields.get("listed", True) for fields in self.records}


@dataclass(frozen=True)
class Reader:
    """Reads sources in rounds, with one history."""

    directory: Path
    fetcher: Fetcher

    def __call__(self, *sources: str | Path) -> Round:
        with FeedHistory(self.directory) as history:
            with gather(sources, self.fetcher, history) as gathered:
                found = list(records_of(gathered))
            records = [dict(each.fields) for each in found if isinstance(each, Record)]
            told = [str(each) for each in found if isinstance(each, Rejection)]
            return Round(records, told, history.rounds)


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    directory = tmp_path / "feeds"
    fetcher = Fetcher(directory, allow_private=True, seconds=5.0, most_wait=3.0, backoff=0.01)
    return Reader(directory, fetcher)


def rss(show: str, topics: list[str], channel: str = "", item: str = "") -> bytes:
    """A feed with an item for each topic; `{}` in `item` is the topic."""
    items = "".join(
        f"<item><title>{topic}</title><description>All about {topic}.</description>"
        f"<guid>https://{show}.example/episodes/{topic}</guid>{item.format(topic)}</item>"
        for topic in topics
    )
    names = (
        'xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    )
    head = f"<title>{show}</title>{channel}"
    return f'<rss version="2.0" {names}><channel>{head}{items}</channel></rss>'.encode()


def moved(place: str, status: int = 301) -> Reply:
    return status, b"", {"Location": place}
