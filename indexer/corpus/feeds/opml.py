"""Reads subscription lists in OPML, with its root element or without."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.corpus.feeds.address_list import web_address
from indexer.corpus.fetching.addresses import PRIVATE_MARK
from indexer.corpus.records.location import Rejection
from indexer.corpus.source import Source
from indexer.corpus.unicode_marks import decoded

_MOST_MIB = 32
_ROOT = re.compile(r"<opml\b|<outline\b[^>]*\bxmlurl\s*=", re.IGNORECASE)


def is_opml(head: bytes) -> bool:
    return _ROOT.search(decoded(head)) is not None


def feeds_of(source: Source) -> Iterator[str | Rejection]:
    """The address of each feed, once, in order, a private one marked; a note for what has none."""
    # Read as HTML, since many a list has a bare & in its addresses, which is no XML.
    tree = LexborHTMLParser(decoded(source.read(_MOST_MIB, "divide the list")))
    seen = set()
    for outline in tree.css("outline[xmlurl], outline[url]"):
        address = _address(outline)
        if address is None:
            name = outline.attributes.get("text") or outline.attributes.get("title") or ""
            reason = f"the outline {name[:40]!r} is of no feed; give it an xmlUrl if it is one"
            yield Rejection(source.place(), reason, kept=True)
        elif address and address not in seen:
            seen.add(address)
            yield _marked(address, outline)


def _marked(address: str, outline: LexborNode) -> str:
    """The address with the mark of a private feed, if it or an outline around it has that."""
    around: LexborNode | None = outline
    while around is not None:
        if (around.attributes.get("private") or "").lower() in {"true", "yes", "1"}:
            return f"{address}#{PRIVATE_MARK}"
        around = around.parent
    return address


def list_has_end(source: Source) -> bool:
    """Whether the list closes its root element, if it has one; a list cut short does not."""
    text = decoded(source.read(_MOST_MIB, "divide the list")).lower()
    return "</opml" in text or "<opml" not in text


def _address(outline: LexborNode) -> str | None:
    """Empty if the outline says nothing; None if its address is of something else."""
    said = outline.attributes
    address = (said.get("xmlurl") or "").strip()
    if not address and (said.get("type") or "").lower() == "rss":
        address = (said.get("url") or "").strip()
    if not address and said.get("url"):
        return None
    return web_address(address)
