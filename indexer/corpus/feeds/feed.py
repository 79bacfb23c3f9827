"""Reads podcast feeds: RSS 2.0, RDF (RSS 1.0) and Atom, malformed or not; an item is an episode."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from indexer.corpus.feeds.html_text import fullest, plain_line, plain_text
from indexer.corpus.feeds.lenient_feed import NoFeed, feed_items
from indexer.corpus.feeds.rss import NotWellFormed, rss_items
from indexer.corpus.fetching.addresses import lasting_form, public_form
from indexer.corpus.fetching.feed_links import is_web_page
from indexer.corpus.records.date_order import with_one_date_order
from indexer.corpus.records.location import Record, Rejection, Unreadable
from indexer.corpus.records.record import MOST_ID_CHARACTERS, MOST_SUMMARY_CHARACTERS
from indexer.corpus.source import Source
from indexer.corpus.unicode_marks import is_wide
from indexer.episode import Json, feed_guid

Fields = dict[str, Json]

_MOST_MIB = 64
_MOST_MENDED_MIB = 16  # the parser of malformed feeds needs ten times their size in memory
_SHORTEST_GLOBAL_GUID = 16
_UNSHOWN = ("texts", "subtitle", "base")
_LINKS = ("link", "audio_url", "image", "transcript_url", "chapters_url")
_LENGTH_OF_END = 4096  # bytes; some hosts append comments to the end
_CONTROLS = re.compile(  # XML forbids them, even as character references
    rb"[\0-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]"
    rb"|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2\d|3[01]));",
    re.IGNORECASE,
)
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.I)


@with_one_date_order
def read_feed(source: Source) -> Iterator[Record | Rejection]:
    content = source.read(_MOST_MIB, "offer its episodes as JSON Lines")
    if not content.strip():
        yield Rejection(source.place(), "the file is empty")
        return
    base = source.base or source.name
    items = [_linked(item, base) for item in _items(source, content)]
    if not items:
        yield Rejection(source.place(), "the feed has no items that can be read")
    ids = [_id_candidates(item) for item in items]
    uses = Counter(candidate for candidates in ids for candidate in candidates)
    for number, (item, candidates) in enumerate(zip(items, ids, strict=True), 1):
        item["id"] = next((name for name in candidates if uses[name] == 1), None)
        yield Record(source.place(item=number), _episode_fields(item, source.name, base))


def has_end(source: Source) -> bool:
    """Whether the feed closes its root element; one that was cut short does not."""
    content = source.read(_MOST_MIB, "offer its episodes as JSON Lines")
    return _END.search(content[-_LENGTH_OF_END:]) is not None


def _items(source: Source, content: bytes) -> list[Fields]:
    try:
        return list(rss_items(content))
    except NotWellFormed as malformed:
        plain = content if is_wide(content) else _CONTROLS.sub(b"", content)
        if plain != content:
            return _items(source, plain)
        return _mended_items(source, content, str(malformed))


def _mended_items(source: Source, content: bytes, malformed: str) -> list[Fields]:
    if is_web_page(content):
        reason = "is a web page and no feed; look on it for the feed's address"
        raise Unreadable(source.place(), reason)
    if len(content) > _MOST_MENDED_MIB << 20:
        reason = f"is malformed ({malformed}) and larger than {_MOST_MENDED_MIB} MiB; mend it"
        raise Unreadable(source.place(), reason)
    try:
        return list(feed_items(content))
    except NoFeed as error:
        reason = f"is no RSS, RDF or Atom feed ({error}); give it one of them"
        raise Unreadable(source.place(), reason) from error


def _id_candidates(item: Fields) -> list[str]:
    """The guid, if it is globally unique; else what replaces it."""
    guid = item.get("guid") or ""
    if guid and len(guid) < _SHORTEST_GLOBAL_GUID:
        guid = f"{plain_line(item['podcast'].get('title') or '')}: {guid}"
    audio, link = item.get("audio_url") or "", item.get("link")
    candidates = dict.fromkeys((guid, lasting_form(audio), link, audio))
    return [name for name in candidates if name and len(name) <= MOST_ID_CHARACTERS]


def _episode_fields(item: Fields, name: str, base: str) -> Fields:
    fields = {name: value for name, value in item.items() if name not in _UNSHOWN}
    fields["title"] = item.get("title") or _file_name(item)
    fields["summary"] = _summary(item) or fields["title"]
    fields["podcast"] = _podcast_fields(item["podcast"], name, base)
    return fields


def _podcast_fields(channel: Fields, name: str, base: str) -> Fields:
    fields = _linked(channel, base)
    fields.pop("base", None)
    if "://" in name:
        fields["feed_url"] = name
    elif fields.get("feed_url"):
        fields["feed_url"] = public_form(fields["feed_url"])
    fields["title"] = fields.get("title") or fields.get("link") or fields.get("feed_url")
    if not fields.get("feed_url") and fields.get("link"):  # a file; its site tells it from others
        fields["id"] = feed_guid(fields["link"])
    return fields


def _linked(fields: Fields, base: str) -> Fields:
    """Resolves relative addresses, if the address of the feed or an xml:base is known."""
    base = urljoin(base if "://" in base else "", fields.get("base") or "")
    if "://" not in base:
        return fields
    linked = {name: urljoin(base, fields[name]) for name in _LINKS if fields.get(name)}
    if transcripts := fields.get("transcripts"):
        linked["transcripts"] = [{**t, "url": urljoin(base, t["url"])} for t in transcripts]
    return fields | linked


def _summary(item: Fields) -> str:
    """The fullest text; the subtitle if all are empty."""
    texts = [plain_text(text) for text in item.get("texts", [])]
    best = fullest(text for text in texts if len(text) <= MOST_SUMMARY_CHARACTERS)
    return best or item.get("subtitle") or ""


def _file_name(item: Fields) -> str:
    """The file name of the audio, for an item without a title."""
    address = item.get("audio_url") or item.get("link") or ""
    return PurePosixPath(unquote(urlsplit(address).path)).stem
