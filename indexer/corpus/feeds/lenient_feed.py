"""Reads RDF, Atom and malformed feeds with feedparser."""

from collections.abc import Iterator
from typing import Any

from indexer.corpus.feeds.feedparser_fixes import parsed
from indexer.corpus.feeds.podcast_namespace import TITLED, namespace_fields
from indexer.episode import Json


class NoFeed(ValueError):
    """The content is not a feed; the message says why."""


def feed_items(content: bytes) -> Iterator[dict[str, Json]]:
    """Like `rss_items`, for any kind of feed. Raises NoFeed."""
    feed = parsed(content)
    if not feed.get("version") and not feed.entries:
        raise NoFeed(str(feed.get("bozo_exception") or "it has another root element"))
    podcast = _podcast(feed.feed)
    channel = {
        "podcast": podcast,
        "image": podcast["image"],
        "language": podcast["language"],
        "explicit": feed.feed.get("itunes_explicit"),
        "categories": [tag.term for tag in feed.feed.get("tags", []) if tag.get("term")],
    }
    for entry in feed.entries:
        persons = entry.get("podcast_persons") or feed.feed.get("podcast_persons", [])
        told = [entry.get(f"podcast_{name}", []) for name in ("transcripts", "soundbites")]
        own = _fields(entry) | namespace_fields(persons, *told)
        yield channel | {name: value for name, value in own.items() if value not in (None, "", [])}


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
        "link": _link(entry),
        "audio_url": _audio(entry.get("enclosures", [])),
        "published_at": _published(entry),
        "duration_s": entry.get("itunes_duration"),
        "author": entry.get("author"),
        "image": _image(entry),
        "season": entry.get("itunes_season") or _text(entry, "podcast_seasons"),
        "episode": entry.get("itunes_episode") or _text(entry, "podcast_episodes"),
        "episode_type": entry.get("itunes_episodetype"),
        "explicit": entry.get("itunes_explicit"),
        "chapters_url": _attribute(entry, "podcast_chapters"),
        "chapters": _simple_chapters(entry),
        "tags": [tag.term for tag in entry.get("tags", []) if tag.get("term")],
    }


def _simple_chapters(entry: Any) -> list[dict[str, str]]:
    """Podlove's simple chapters, with their attributes."""
    listed = entry.get("psc_chapters", {}).get("chapters", [])
    names = ("start", "title", "href")
    return [{name: str(each[name]) for name in names if each.get(name)} for each in listed]


def _text(entry: Any, name: str) -> str | None:
    """The text of the first of these elements."""
    return next((str(element[TITLED]) for element in entry.get(name, [])), None)


def _link(entry: Any) -> str | None:
    """The page of an item; a guid that is no address is not a page."""
    link: str | None = entry.get("link")
    return None if link == entry.get("id") and "://" not in (link or "") else link


def _audio(enclosures: list[Any]) -> str | None:
    linked = [e for e in enclosures if e.get("href")]
    heard = [e.href for e in linked if e.get("type", "").startswith(("audio/", "video/"))]
    return next(iter(heard + [enclosure.href for enclosure in linked]), None)


def _published(entry: Any) -> str | None:
    """As the feed writes it; `records/dates.py` reads it."""
    names = ("published", "updated", "created")
    return next((str(entry[name]) for name in names if entry.get(name)), None)


def _image(entry: Any) -> str | None:
    thumbnails = [{"url": entry.get("image", {}).get("href")}, *entry.get("media_thumbnail", [])]
    return next((image["url"] for image in thumbnails if image.get("url")), None)


def _attribute(entry: Any, name: str) -> str | None:
    element = entry.get(name)
    return str(element.get("url", "")) if isinstance(element, dict) else None
