"""The addresses by which a document names others: its further pages, its new place, its feed."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

from selectolax.lexbor import LexborHTMLParser

from indexer.corpus.fetching.answer import Page
from indexer.corpus.records.location import Unreadable
from indexer.corpus.source import Source

_WEB_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?>(?>\s*<!--.*?-->)*)\s*<(?:!doctype\s+)?html", re.I | re.S
)
_LONGEST_HEAD = 10_000  # bytes
_LONGEST_WEB_PAGE = 4 << 20
_OF_FEEDS = {"application/rss+xml", "application/atom+xml", "application/rdf+xml"}
_CHUNK = 65_536
_DEPTH_OF_CHANNEL = 2


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """Absolute addresses."""

    next_page: str | None = None  # RFC 5005, section 3
    archive: str | None = None  # the archive before this document: RFC 5005, section 4
    new_address: str | None = None  # itunes:new-feed-url
    feed: str | None = None  # of a web page
    items: str = ""  # of a feed; equal where their texts are

    @property
    def continuation(self) -> str | None:
        return self.next_page or self.archive

    def to_json(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


def is_web_page(head: bytes) -> bool:
    return _WEB_PAGE.match(head[:_LONGEST_HEAD].removeprefix(b"\xef\xbb\xbf")) is not None


def links_of(page: Page) -> FeedLinks:
    """What the document names; nothing where it is no feed and no web page."""
    source = Source(page.address, page.file)
    try:
        with source.open() as file:
            head = file.read(_LONGEST_HEAD)
            if is_web_page(head):
                return FeedLinks(feed=_feed_of(head + file.read(_LONGEST_WEB_PAGE), page.address))
            return _Links(page.address).read(head, file)
    except Unreadable:
        return FeedLinks()


def _feed_of(content: bytes, address: str) -> str | None:
    tree = LexborHTMLParser(content.decode("utf-8", "replace"))
    base = tree.css_first("base[href]")
    address = urljoin(address, (base.attributes["href"] or "") if base else "")
    for link in tree.css("link[rel~=alternate i][href]"):
        kind = (link.attributes.get("type") or "").partition(";")[0].strip().lower()
        if kind in _OF_FEEDS:
            return _absolute(address, link.attributes["href"] or "")
    return None


def _absolute(base: str, address: str) -> str | None:
    try:
        found = urljoin(base, address.strip())
        return found if urlsplit(found).scheme in {"http", "https"} else None
    except ValueError:
        return None


class _Links:
    """Collects the links of a feed's own elements, and none of its items."""

    def __init__(self, address: str) -> None:
        self._bases = [address]
        self._depth_of_item = 0
        self._text: list[str] | None = None
        self._found: dict[str, str | None] = {}
        self._has_items = False
        self._items = blake2b(digest_size=16)

    def read(self, head: bytes, rest: BinaryIO) -> FeedLinks:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = _refuse_entity
        try:
            while head:
                parser.Parse(head)
                head = rest.read(_CHUNK)
        except (expat.ExpatError, ValueError, LookupError):
            pass  # what a malformed feed names until then is named
        items = self._items.hexdigest() if self._has_items else ""
        return FeedLinks(**self._found, items=items)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(":")[2].lower()
        base = _absolute(self._bases[-1], attributes.get("xml:base", ""))
        self._bases.append(base or self._bases[-1])
        depth = len(self._bases) - 1
        if local in {"item", "entry"} and not self._depth_of_item:
            self._depth_of_item, self._has_items = depth, True
        if self._depth_of_item or depth not in (_DEPTH_OF_CHANNEL, _DEPTH_OF_CHANNEL + 1):
            return
        if local == "link":
            self._link(attributes)
        elif local == "new-feed-url":
            self._text = []

    def _link(self, attributes: Mapping[str, str]) -> None:
        names = {"next": "next_page", "prev-archive": "archive"}
        name = names.get(attributes.get("rel", "").strip().lower())
        if name and name not in self._found and attributes.get("href"):
            self._found[name] = _absolute(self._bases[-1], attributes["href"])

    def _characters(self, text: str) -> None:
        if self._depth_of_item:
            self._items.update(text.encode("utf-8", "replace"))
        if self._text is not None:
            self._text.append(text)

    def _end(self, _: str) -> None:
        if len(self._bases) - 1 == self._depth_of_item:
            self._depth_of_item = 0
        if self._text is not None:
            self._found["new_address"] = _absolute(self._bases[-1], "".join(self._text))
            self._text = None
        self._bases.pop()


def _refuse_entity(name: str, *_: object) -> None:
    raise ValueError(f"it declares the entity {name[:40]}")
