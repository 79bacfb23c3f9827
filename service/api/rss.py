"""Writes episodes as an RSS 2.0 feed for podcast apps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from mimetypes import guess_type
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from indexer.episode import shown_title
from service.search.moments import Moment

Fields = Mapping[str, Any]  # the JSON object of an episode

MEDIA_TYPE = "application/rss+xml"
_AUDIO = "audio/mpeg"  # if the address has no known file extension

_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_PODCAST = "https://podcastindex.org/namespace/1.0"
_ATOM = "http://www.w3.org/2005/Atom"
_LONGEST_SOUNDBITE = 120.0  # seconds
_MOST_SOUNDBITE_CHARACTERS = 128
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)  # other schemes, such as javascript:, are omitted

register_namespace("itunes", _ITUNES)
register_namespace("podcast", _PODCAST)
register_namespace("atom", _ATOM)


def rss(
    question: str, page: str, address: str, found: Iterable[tuple[Fields, Sequence[Moment]]]
) -> bytes:
    """A feed of episodes in the given order, each with the moments that answer.

    `address` is the feed's own address, `page` that of the web page with the same answer.
    """
    feed = Element("rss", version="2.0")
    channel = SubElement(feed, "channel")
    _add(channel, "title", f"Episodes: {question}")
    _add(channel, "link", page)
    _add(channel, "description", f"Podcast episodes that answer: {question}")
    SubElement(channel, f"{{{_ATOM}}}link", rel="self", type=MEDIA_TYPE, href=_plain(address))
    for episode, moments in found:
        _add_item(channel, episode, moments)
    declared: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return declared


def _add_item(channel: Element, episode: Fields, moments: Sequence[Moment]) -> None:
    item = SubElement(channel, "item")
    podcast = episode.get("podcast") or {}
    title = shown_title(episode.get("title"), episode.get("headline"), episode["summary"])
    _add(item, "title", f"{title} · {podcast['title']}" if "title" in podcast else title)
    _add(item, "description", episode["summary"])
    _add(item, "guid", episode["id"]).set("isPermaLink", "false")
    if published := _moment(episode.get("published_at")):
        _add(item, "pubDate", format_datetime(published))
    if link := _web(episode.get("link")):
        _add(item, "link", link)
    if audio := _web(episode.get("audio_url")):
        kind = guess_type(urlsplit(audio).path)[0] or _AUDIO
        SubElement(item, "enclosure", url=audio, type=kind, length="0")  # the length is unknown
    if duration := episode.get("duration_s"):
        _add(item, f"{{{_ITUNES}}}duration", str(round(duration)))
    if chapters := _web(episode.get("chapters_url")):
        kind = "application/json+chapters"
        SubElement(item, f"{{{_PODCAST}}}chapters", url=chapters, type=kind)
    for moment in moments[:1]:
        _add_soundbite(item, moment)


def _add_soundbite(item: Element, moment: Moment) -> None:
    """The best moment, from its beginning."""
    seconds = moment.end_s - moment.start_s if moment.end_s else _LONGEST_SOUNDBITE
    said = _add(item, f"{{{_PODCAST}}}soundbite", moment.text[:_MOST_SOUNDBITE_CHARACTERS])
    said.set("startTime", f"{moment.start_s:.1f}")
    said.set("duration", f"{min(seconds, _LONGEST_SOUNDBITE):.1f}")


def _moment(published_at: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(published_at or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = _plain(text)
    return element


def _plain(text: str) -> str:
    """The text with U+FFFD for each character that XML forbids; the writer escapes the others."""
    return _FORBIDDEN.sub("\ufffd", text)


def _web(address: str | None) -> str | None:
    return _plain(address) if address and _WEB.fullmatch(address) else None
