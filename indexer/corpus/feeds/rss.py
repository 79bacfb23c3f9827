"""Reads well-formed RSS 2.0 with podcastparser, which knows iTunes and Podcasting 2.0 elements."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin
from xml.parsers import expat

import podcastparser
from podcastparser import (
    MAPPING,
    EpisodeAttr,
    Namespace,
    PodcastAttr,
    PodcastHandler,
    Target,
)

from indexer.corpus.feeds.podcast_namespace import NAMESPACES, TITLED, namespace_fields
from indexer.episode import Json

_MOST_DEPTH = 100  # each level makes every element below it slower to parse
_ITEM = "rss/channel/item"
_LISTS = ("texts", "tags", "persons", "transcripts", "soundbites")


class NotWellFormed(ValueError):
    """The content is not well-formed RSS 2.0, or declares entities."""


def rss_items(content: bytes) -> Iterator[dict[str, Json]]:
    """The fields of each item, in the feed's order; `texts` are those a summary is chosen from."""
    handler = _parsed(content)
    persons = handler.get_podcast_attr("persons", [])
    podcast = _podcast(handler)
    channel = {
        "podcast": podcast,
        "image": podcast["image"],
        "language": podcast["language"],
        "explicit": handler.get_podcast_attr("explicit"),
        "categories": _categories(handler.get_podcast_attr("itunes_categories", [])),
    }
    for item in handler.episodes:
        own = _fields(item) | namespace_fields(
            item["persons"] or persons, item["transcripts"], item["soundbites"]
        )
        yield channel | {name: value for name, value in own.items() if value not in (None, "", [])}


class _Handler(PodcastHandler):
    """Keeps every item with all of its texts, and the xml:base that it stands under."""

    def __init__(self) -> None:
        super().__init__("", 0)
        self._locator = None
        self._bases = [""]
        self.base_of_channel = ""

    def startElement(self, name: str, attrs: Mapping[str, str]) -> None:  # noqa: N802 - SAX's name
        if not self.path_stack and name != "rss":
            raise NotWellFormed(f"its root element is {name[:40]}")
        if len(self.path_stack) > _MOST_DEPTH:
            raise NotWellFormed("its elements are nested too deeply")
        self._bases.append(urljoin(self._bases[-1], attrs.get("xml:base", "").strip()))
        if name == "channel":
            self.base_of_channel = self._bases[-1]
        super().startElement(name, attrs)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        super().endElement(name)
        self._bases.pop()

    def add_episode(self) -> None:
        super().add_episode()
        self.episodes[-1].update({key: [] for key in _LISTS}, base=self._bases[-1])

    def validate_episode(self) -> None:
        item = self.episodes[-1]
        if item["_guid_is_permalink"] and "://" in item.get("guid", ""):
            item["link"] = item["link"] or item["guid"]


class _ItemTexts(Target):
    WANT_TEXT = True

    def end(self, handler: _Handler, text: str) -> None:
        handler.get_episode_attr(self.key).append(text)


class _ItemKeywords(Target):
    WANT_TEXT = True

    def end(self, handler: _Handler, text: str) -> None:
        handler.get_episode_attr("tags").extend(text.split(","))


class _Enclosure(Target):
    """As the feed has it: podcastparser takes a relative address for the name of a host."""

    def start(self, handler: _Handler, attrs: Mapping[str, str]) -> None:
        if address := attrs.get("url", "").strip():
            handler.add_enclosure(address, -1, attrs.get("type", ""))


class _ChannelLink(Target):
    def start(self, handler: _Handler, attrs: Mapping[str, str]) -> None:
        if attrs.get("rel") == "self":
            handler.set_podcast_attr("self", attrs.get("href", "").strip())


class _ItemElement(Target):
    """All elements of one name, with their attributes and text."""

    WANT_TEXT = True

    def start(self, handler: _Handler, attrs: Mapping[str, str]) -> None:
        self._all(handler).append({name.lower(): value for name, value in attrs.items()})

    def end(self, handler: _Handler, text: str) -> None:
        self._all(handler)[-1][TITLED] = text

    def _all(self, handler: _Handler) -> list[dict[str, str]]:
        every: list[dict[str, str]] = handler.get_episode_attr(self.key)
        return every


class _ChannelElement(_ItemElement):
    def _all(self, handler: _Handler) -> list[dict[str, str]]:
        every: list[dict[str, str]] = handler.data.setdefault(self.key, [])
        return every


def _parsed(content: bytes) -> _Handler:
    handler = _Handler()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.startElement
    parser.EndElementHandler = handler.endElement
    parser.CharacterDataHandler = handler.characters
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(content, True)
    # Some encodings are unknown to expat, and some attributes unforeseen by podcastparser.
    except (expat.ExpatError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise NotWellFormed(str(error)) from error
    return handler


def _refuse_entity(name: str, *_: Any) -> None:
    raise NotWellFormed(f"it declares the entity {name[:40]}")


def _podcast(handler: _Handler) -> dict[str, Json]:
    return {
        "base": handler.base_of_channel,
        "title": handler.get_podcast_attr("title"),
        "link": handler.get_podcast_attr("link"),
        "feed_url": handler.get_podcast_attr("new_url") or handler.get_podcast_attr("self"),
        "image": handler.get_podcast_attr("cover_url"),
        "author": handler.get_podcast_attr("itunes_author"),
        "guid": handler.get_podcast_attr("podcast_guid"),
        "language": handler.get_podcast_attr("language"),
    }


def _fields(item: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "base": item["base"],
        "title": item.get("title"),
        "texts": item["texts"],
        "subtitle": item.get("subtitle"),
        "guid": item.get("guid"),
        "link": item.get("link"),
        "audio_url": _audio(item["enclosures"]),
        "published_at": item.get("published_at") or item.get("dc_date"),
        "duration_s": item.get("duration_s"),
        "author": item.get("itunes_author"),
        "image": item.get("episode_art_url"),
        "season": item.get("season") or item.get("podcast_season"),
        "episode": item.get("number") or item.get("podcast_episode"),
        "episode_type": item.get("type"),
        "explicit": item.get("explicit"),
        "chapters_url": item.get("chapters_json_url"),
        "chapters": item.get("chapters"),
        "tags": item["tags"],
    }


def _audio(enclosures: list[dict[str, str]]) -> str | None:
    heard = [e["url"] for e in enclosures if e["mime_type"].startswith(("audio/", "video/"))]
    return next(iter(heard + [enclosure["url"] for enclosure in enclosures]), None)


def _categories(nested: list[list[str]]) -> list[str]:
    return [name for categories in nested for name in categories]


podcastparser.logger.disabled = True  # what cannot be used is told with its place, by the reader
Namespace.NAMESPACES |= {
    **dict.fromkeys(NAMESPACES, "podcast"),
    "http://purl.org/dc/elements/1.1/": "dc",
}
MAPPING |= {
    "rss/channel": Target(),  # its own sorts the items by date
    "rss/channel/atom:link": _ChannelLink(),
    "rss/channel/podcast:guid": PodcastAttr("podcast_guid"),
    "rss/channel/podcast:person": _ChannelElement("persons"),
    f"{_ITEM}/description": _ItemTexts("texts"),
    f"{_ITEM}/itunes:summary": _ItemTexts("texts"),
    f"{_ITEM}/media:description": _ItemTexts("texts"),
    f"{_ITEM}/content:encoded": _ItemTexts("texts"),
    f"{_ITEM}/category": _ItemTexts("tags"),
    f"{_ITEM}/itunes:keywords": _ItemKeywords(),
    f"{_ITEM}/enclosure": _Enclosure(),
    f"{_ITEM}/media:content": _Enclosure(),
    f"{_ITEM}/media:group/media:content": _Enclosure(),
    f"{_ITEM}/podcast:season": EpisodeAttr("podcast_season"),
    f"{_ITEM}/podcast:episode": EpisodeAttr("podcast_episode"),
    f"{_ITEM}/podcast:person": _ItemElement("persons"),
    f"{_ITEM}/podcast:transcript": _ItemElement("transcripts"),
    f"{_ITEM}/podcast:soundbite": _ItemElement("soundbites"),
    f"{_ITEM}/pubDate": EpisodeAttr("published_at"),
    f"{_ITEM}/dc:date": EpisodeAttr("dc_date"),
    f"{_ITEM}/itunes:duration": EpisodeAttr("duration_s"),
}
