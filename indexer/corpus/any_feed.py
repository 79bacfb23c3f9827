"""RDF, Atom and feeds that are not well-formed, by feedparser, which reads nearly anything."""

import calendar
import codecs
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser

from indexer.episode import Json

# A feed needs none of its own, and they are how a small one fills the memory.
_ENTITY_DECLARATION = re.compile(rb"<!ENTITY[^>]*>", re.IGNORECASE)


class NoFeed(ValueError):
    """Why it is none, where the parser knows."""


def feed_items(content: bytes) -> Iterator[dict[str, Json]]:
    """As `rss_items`, of any form. Raises NoFeed."""
    parsed = _parsed(content)
    if not parsed.get("version") and not parsed.entries:
        raise NoFeed(str(parsed.get("bozo_exception") or "it has another root element"))
    podcast = _podcast(parsed.feed)
    channel = {
        "podcast": podcast,
        "image": podcast["image"],
        "language": podcast["language"],
        "explicit": parsed.feed.get("itunes_explicit"),
        "categories": [tag.term for tag in parsed.feed.get("tags", []) if tag.get("term")],
    }
    for entry in parsed.entries:
        own = _fields(entry).items()
        yield channel | {name: value for name, value in own if value not in (None, "")}


def _parsed(content: bytes) -> Any:
    return feedparser.parse(
        io.BytesIO(_ENTITY_DECLARATION.sub(b"", _narrow(content))),
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _narrow(content: bytes) -> bytes:
    """UTF-16 and UTF-32 as UTF-8, in which declarations can be seen."""
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace").encode()
    return content


def _podcast(channel: Any) -> dict[str, Json]:
    return {
        "title": channel.get("title"),
        "link": channel.get("link"),
        "feed_url": channel.get("itunes_new-feed-url") or _self(channel),
        "image": channel.get("image", {}).get("href"),
        "author": channel.get("author"),
        "guid": channel.get("podcast_guid"),
        "language": channel.get("language"),
    }


def _self(channel: Any) -> str | None:
    links = (link for link in channel.get("links", []) if link.get("rel") == "self")
    return next((link.get("href") for link in links), None)


def _fields(entry: Any) -> dict[str, Json]:
    return {
        "title": entry.get("title"),
        "texts": [entry.get("summary", ""), *(part.value for part in entry.get("content", []))],
        "subtitle": entry.get("subtitle"),
        "guid": entry.get("id"),
        "link": entry.get("link"),
        "audio_url": _audio(entry.get("enclosures", [])),
        "published_at": _published(entry),
        "duration_s": entry.get("itunes_duration"),
        "author": entry.get("author"),
        "image": _image(entry),
        "season": entry.get("itunes_season"),
        "episode": entry.get("itunes_episode"),
        "episode_type": entry.get("itunes_episodetype"),
        "explicit": entry.get("itunes_explicit"),
        "transcript_url": _attribute(entry, "podcast_transcript"),
        "chapters_url": _attribute(entry, "podcast_chapters"),
        "tags": [tag.term for tag in entry.get("tags", []) if tag.get("term")],
    }


def _audio(enclosures: list[Any]) -> str | None:
    linked = [e for e in enclosures if e.get("href")]
    heard = [e.href for e in linked if e.get("type", "").startswith(("audio/", "video/"))]
    return next(iter(heard + [enclosure.href for enclosure in linked]), None)


def _published(entry: Any) -> str | None:
    name = next((name for name in ("published", "updated", "created") if name in entry), None)
    if name is None:
        return None
    moment: struct_time | None = entry.get(f"{name}_parsed")
    if moment is None:
        return str(entry[name])
    return datetime.fromtimestamp(calendar.timegm(moment), UTC).isoformat()


def _image(entry: Any) -> str | None:
    thumbnails = [{"url": entry.get("image", {}).get("href")}, *entry.get("media_thumbnail", [])]
    return next((image["url"] for image in thumbnails if image.get("url")), None)


def _attribute(entry: Any, name: str) -> str | None:
    element = entry.get(name)
    return str(element.get("url", "")) if isinstance(element, dict) else None
