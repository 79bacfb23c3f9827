"""Extends feedparser: keeps every person of an item, and all values of itunes:explicit."""

import io
import re
from typing import Any

import feedparser
from feedparser.mixin import _FeedParserMixin

from indexer.corpus.feeds.persons import NAMESPACE
from indexer.corpus.unicode_marks import decoded, is_wide

# A feed needs none of its own, and they are how a small one fills the memory.
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


def _start_person(parser: Any, attributes: dict[str, str]) -> None:
    person = {"role": attributes.get("role", "host").lower()}
    parser._get_context().setdefault("podcast_persons", []).append(person)
    parser.push("podcast_person", 0)


def _end_person(parser: Any) -> None:
    name = parser.pop("podcast_person")
    parser._get_context()["podcast_persons"][-1]["name"] = name


def _end_explicit(parser: Any) -> None:
    parser._get_context()["itunes_explicit"] = parser.pop("itunes_explicit", 0)


_FeedParserMixin.namespaces[NAMESPACE] = "podcast"
_FeedParserMixin._start_podcast_person = _start_person
_FeedParserMixin._end_podcast_person = _end_person
_FeedParserMixin._end_itunes_explicit = _end_explicit
