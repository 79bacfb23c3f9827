"""A host of feeds on this machine, which answers 304 where it is asked for changes only."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from typing import NamedTuple
from xml.sax.saxutils import escape

from tests.http_host import Reply, http_host

_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)


class Item(NamedTuple):
    guid: str  # long enough to be known everywhere
    title: str
    summary: str
    published: datetime = _NEWEST


class Request(NamedTuple):
    path: str
    conditional: bool


@dataclass
class FeedSite:
    """Feeds by name, each at `address(name)`; `asked` is what was asked, in order."""

    base: str = ""
    asked: list[Request] = field(default_factory=list)
    down: set[str] = field(default_factory=set)  # feeds that answer 503
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)  # by name
    moved: dict[str, str] = field(default_factory=dict)  # names that answer 301, and where to
    silent: threading.Event | None = None  # nothing is answered until it is set
    silent_asked: threading.Event = field(default_factory=threading.Event)
    _bodies: dict[str, bytes] = field(default_factory=dict)

    def address(self, name: str) -> str:
        return f"{self.base}/{name}"

    def publish(self, name: str, items: Sequence[Item], channel: str = "") -> None:
        """Offer the feed; `channel` holds further elements of its channel."""
        listed = "".join(map(_item, items))
        self._bodies[name] = (
            f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>{escape(name)}</title>{channel}{listed}</channel></rss>"
        ).encode()

    def publish_list(self, name: str) -> None:
        """Offer the list of all feeds."""
        self._bodies[name] = self.subscriptions().encode()

    def subscriptions(self) -> str:
        """An OPML list of all feeds."""
        outlines = "".join(f'<outline xmlUrl="{self.address(name)}"/>' for name in self._bodies)
        return f"<opml><body>{outlines}</body></opml>"

    def answer(self, path: str, known: str | None) -> Reply:
        """The reply for who knows the ETag `known`."""
        name = path.removeprefix("/")
        self.asked.append(Request(name, known is not None))
        if self.silent:
            self.silent_asked.set()
            self.silent.wait()
        if name in self.moved:
            return 301, b"", {"Location": self.moved[name]}
        if name in self.down or name not in self._bodies:
            return 503 if name in self.down else 404, b"", self.headers.get(name, {})
        body = self._bodies[name]
        headers = {"ETag": f'"{blake2b(body, digest_size=8).hexdigest()}"'}
        headers |= self.headers.get(name, {})
        return (304, b"", headers) if headers["ETag"] == known else (200, body, headers)


@contextmanager
def feed_site() -> Iterator[FeedSite]:
    """On a free port of 127.0.0.1."""
    site = FeedSite()
    with http_host(lambda path, headers: site.answer(path, headers["If-None-Match"])) as port:
        site.base = f"http://127.0.0.1:{port}"
        yield site


def items(show: str, topics: Sequence[str], gap: timedelta = timedelta(days=7)) -> list[Item]:
    """An episode a topic, the newest first."""
    return [
        Item(
            f"https://{show}.example/episodes/{topic}",
            f"About {topic}",
            f"All about {topic} and where it is found.",
            _NEWEST - number * gap,
        )
        for number, topic in enumerate(topics)
    ]


def _item(item: Item) -> str:
    return (
        f"<item><title>{escape(item.title)}</title><guid>{escape(item.guid)}</guid>"
        f"<pubDate>{format_datetime(item.published)}</pubDate>"
        f"<description>{escape(item.summary)}</description></item>"
    )
