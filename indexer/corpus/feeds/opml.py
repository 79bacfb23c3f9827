"""Reads subscription lists in OPML."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.corpus.fetching.addresses import PRIVATE_MARK
from indexer.corpus.source import Source

_MOST_MIB = 32


def feeds_of(source: Source) -> list[str]:
    """The address of each feed in the list, once, in order; a private one with its mark."""
    content = source.read(_MOST_MIB, "divide the list")
    # Read as HTML, since many a list has a bare & in its addresses, which is no XML.
    tree = LexborHTMLParser(content.decode("utf-8-sig", "replace"))
    return list(dict.fromkeys(filter(None, map(_address, tree.css("outline[xmlurl]")))))


def _address(outline: LexborNode) -> str:
    address = (outline.attributes.get("xmlurl") or "").strip()
    return f"{address}#{PRIVATE_MARK}" if address and _is_marked(outline) else address


def _is_marked(outline: LexborNode) -> bool:
    """Whether it or an outline around it says private="true"."""
    around: LexborNode | None = outline
    while around is not None:
        if (around.attributes.get("private") or "").lower() in {"true", "yes", "1"}:
            return True
        around = around.parent
    return False


def list_has_end(source: Source) -> bool:
    """Whether the list closes its root element; one that was cut short does not."""
    return b"</opml" in source.read(_MOST_MIB, "divide the list").lower()
