"""Reads subscription lists in OPML."""

from selectolax.lexbor import LexborHTMLParser

from indexer.corpus.source import Source

_MOST_MIB = 32


def feeds_of(source: Source) -> list[str]:
    """The address of each feed in the list, once, in order."""
    content = source.read(_MOST_MIB, "divide the list")
    # Read as HTML, since many a list has a bare & in its addresses, which is no XML.
    tree = LexborHTMLParser(content.decode("utf-8-sig", "replace"))
    addresses = (outline.attributes.get("xmlurl") for outline in tree.css("outline[xmlurl]"))
    return list(dict.fromkeys(address.strip() for address in addresses if address))


def list_has_end(source: Source) -> bool:
    """Whether the list closes its root element; one that was cut short does not."""
    return b"</opml" in source.read(_MOST_MIB, "divide the list").lower()
