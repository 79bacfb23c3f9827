"""Extends feedparser: keeps elements of the podcast namespace whole, and itunes:explicit."""

import io
import re
from typing import Any

import feedparser
from feedparser.mixin import _FeedParserMixin

from indexer.corpus.feeds.podcast_namespace import NAMESPACES, TITLED
from indexer.corpus.unicode_marks import decoded, is_wide

# Feeds need no entity declarations, and with them a small feed could fill the memory.
_ENTITY_DECLARATION = re.compile(rb"<!ENTITY[^>]*>", re.IGNORECASE)


def parsed(content: bytes) -> Any:
    """The feed as feedparser reads it."""
    return feedparser.parse(
        io.BytesIO(_ENTITY_DECLARATION.sub(b"", _narrow(content))),
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _narrow(content: bytes) -> bytes:
    """UTF-16 and UTF-32 as UTF-8, in which declarations can be seen."""
    return decoded(content).encode() if is_wide(content) else content


def _keep_every(element: str) -> None:
    """All elements of this name as a list, with their attributes and text."""
    key = f"podcast_{element}"

    def start(parser: Any, attributes: dict[str, str]) -> None:
        parser._get_context().setdefault(f"{key}s", []).append(dict(attributes))
        parser.push(key, 0)

    def end(parser: Any) -> None:
        parser._get_context()[f"{key}s"][-1][TITLED] = parser.pop(key) or ""

    setattr(_FeedParserMixin, f"_start_{key}", start)
    setattr(_FeedParserMixin, f"_end_{key}", end)


def _end_explicit(parser: Any) -> None:
    parser._get_context()["itunes_explicit"] = parser.pop("itunes_explicit", 0)


_FeedParserMixin.namespaces.update(dict.fromkeys(NAMESPACES, "podcast"))
for _element in ("person", "transcript", "soundbite", "season", "episode"):
    _keep_every(_element)
_FeedParserMixin._end_itunes_explicit = _end_explicit
