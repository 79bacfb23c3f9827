"""The shapes of records: what directories, feeds and tables call the fields of an episode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from indexer.corpus.feeds.podcast_namespace import people_of
from indexer.episode import Json

Read = Callable[[Json], Json]


class Given(NamedTuple):
    """Where a shape has a field: under the first of `names` that says something."""

    names: tuple[str, ...]  # podcast.title is the title in the object podcast
    read: Read | None = None
    said: str = ""  # about it in the table
    kept: bool = False  # also under its own name


@dataclass(frozen=True, eq=False)  # each is one of its kind
class Shape:
    """A kind of records."""

    name: str
    fields: Mapping[str, Given]
    told_by: frozenset[str]  # names that records of other shapes lack
    told_together: frozenset[str] = frozenset()  # names that tell it if all are there

    def telling(self, present: set[str]) -> set[str]:
        """Those of the names that tell this shape."""
        together = self.told_together if self.told_together <= present else frozenset()
        return (present & self.told_by) | together

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that it has a use for."""
        given = (name for each in self.fields.values() for name in each.names)
        return self.told_by.union(name.partition(".")[0] for name in given)


def of(*names: str, read: Read | None = None, said: str = "", kept: bool = False) -> Given:
    return Given(names, read, said, kept)


def thousandth(value: Json) -> Json:
    """Milliseconds as seconds; what is no number stays, to be told by whoever reads it."""
    try:
        return float(value) / 1000
    except (TypeError, ValueError):
        return value


def sixtyfold(value: Json) -> Json:
    """Minutes as seconds."""
    try:
        return float(str(value).replace(",", ".")) * 60
    except ValueError:
        return value


def _names(value: Json) -> Json:
    """Of a list of names, or of objects that have one; of an object, its values."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list):
        return value
    named = [each.get("name") if isinstance(each, Mapping) else each for each in value]
    return [str(name) for name in named if name]


def _one_line(value: Json) -> Json:
    names = _names(value if isinstance(value, list) else [value])
    return ", ".join(names)


def _first(key: str) -> Read:
    """The value of `key` in the first object that has one."""

    def read(value: Json) -> Json:
        listed = value if isinstance(value, list) else [value]
        found = (each.get(key) for each in listed if isinstance(each, Mapping))
        return next(filter(None, found), None)

    return read


def _of_audio(key: str) -> Read:
    """The value of `key` of the first attachment that can be heard."""

    def read(value: Json) -> Json:
        attached = [each for each in _listed(value) if isinstance(each, Mapping)]
        heard = [a for a in attached if str(a.get("mime_type")).startswith(("audio/", "video/"))]
        return next((each.get(key) for each in heard), None)

    return read


def _people(key: str) -> Read:
    def read(value: Json) -> Json:
        persons = [each for each in _listed(value) if isinstance(each, Mapping)]
        return people_of(
            [
                {"role": str(p.get("role") or "host").lower(), "name": str(p.get("name") or "")}
                for p in persons
            ]
        )[key]

    return read


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


JSON_FEED = Shape(
    "JSON Feed",
    {
        "id": of("id"),
        "guid": of("id"),
        "title": of("title"),
        "summary": of("summary", "content_text", "content_html"),
        "published_at": of("date_published"),
        "duration_s": of("attachments", read=_of_audio("duration_in_seconds"), said="the audio's"),
        "audio_url": of("attachments", read=_of_audio("url"), said="the audio's"),
        "link": of("url", "external_url"),
        "image": of("image", "banner_image"),
        "tags": of("tags"),
        "language": of("language"),
        "author": of("authors", "author", read=_one_line),
    },
    told_by=frozenset({"date_published"}),
)
PODCAST_INDEX = Shape(
    "Podcast Index",
    {
        "id": of("id"),
        "guid": of("guid"),
        "title": of("title"),
        "summary": of("description"),
        "published_at": of("datePublished", said="Unix seconds"),
        "duration_s": of("duration"),
        "audio_url": of("enclosureUrl"),
        "link": of("link"),
        "image": of("image", "feedImage"),
        "season": of("season"),
        "episode": of("episode"),
        "episode_type": of("episodeType"),
        "explicit": of("explicit"),
        "hosts": of("persons", read=_people("hosts"), said="by role", kept=True),
        "guests": of("persons", read=_people("guests"), said="by role", kept=True),
        "categories": of("categories", read=_names),
        "transcript_url": of("transcriptUrl"),
        "chapters_url": of("chaptersUrl"),
        "language": of("feedLanguage"),
        "podcast.title": of("feedTitle"),
        "podcast.author": of("feedAuthor"),
        "podcast.image": of("feedImage"),
        "podcast.feed_url": of("feedUrl"),
        "podcast.guid": of("podcastGuid"),
    },
    told_by=frozenset(
        "datePublished datePublishedPretty enclosureUrl enclosureType feedTitle feedId".split()
    ),
)
PODCAST_INDEX_FEED = Shape(
    "a feed of Podcast Index",
    {
        "id": of("id"),
        "guid": of("podcastGuid"),
        "title": of("title"),
        "summary": of("description"),
        "published_at": of(
            "newestItemPubdate", "newestItemPublishTime", "lastUpdateTime", said="Unix seconds"
        ),
        "link": of("link"),
        "image": of("artwork", "image"),
        "explicit": of("explicit"),
        "categories": of("categories", read=_names),
        "language": of("language"),
        "podcast.title": of("title"),
        "podcast.author": of("author", "ownerName"),
        "podcast.link": of("link"),
        "podcast.image": of("artwork", "image"),
        "podcast.feed_url": of("url", "originalUrl"),
        "podcast.guid": of("podcastGuid"),
        "podcast.language": of("language"),
    },
    told_by=frozenset(
        "newestItemPubdate newestItemPublishTime originalUrl lastUpdateTime trendScore".split()
    ),
)
LISTEN_NOTES = Shape(
    "Listen Notes",
    {
        "id": of("id"),
        "guid": of("guid_from_rss"),
        "title": of("title", "title_original"),
        "summary": of("description", "description_original"),
        "published_at": of("pub_date_ms", said="Unix milliseconds"),
        "duration_s": of("audio_length_sec"),
        "audio_url": of("audio"),
        "link": of("link", "listennotes_url"),
        "image": of("image", "thumbnail"),
        "explicit": of("explicit_content"),
        "language": of("podcast.language"),
        "podcast.title": of("podcast.title", "podcast.title_original"),
        "podcast.author": of("podcast.publisher", "podcast.publisher_original"),
        "podcast.link": of("podcast.website", "podcast.listennotes_url"),
        "podcast.image": of("podcast.image", "podcast.thumbnail"),
        "podcast.feed_url": of("podcast.rss", "rss"),
        "podcast.language": of("podcast.language"),
    },
    told_by=frozenset("pub_date_ms audio_length_sec guid_from_rss".split()),
)
LISTEN_NOTES_PODCAST = Shape(
    "a podcast of Listen Notes",
    {
        "id": of("id"),
        "title": of("title", "title_original"),
        "summary": of("description", "description_original"),
        "published_at": of("latest_pub_date_ms", said="Unix milliseconds"),
        "link": of("website", "listennotes_url"),
        "image": of("image", "thumbnail"),
        "explicit": of("explicit_content"),
        "language": of("language"),
        "podcast.title": of("title", "title_original"),
        "podcast.author": of("publisher", "publisher_original"),
        "podcast.link": of("website", "listennotes_url"),
        "podcast.image": of("image", "thumbnail"),
        "podcast.feed_url": of("rss"),
        "podcast.language": of("language"),
    },
    told_by=frozenset("latest_pub_date_ms earliest_pub_date_ms publisher_original".split()),
)
APPLE = Shape(
    "Apple",
    {
        "id": of("trackId"),
        "guid": of("episodeGuid"),
        "title": of("trackName"),
        "summary": of("description", "shortDescription"),
        "published_at": of("releaseDate"),
        "duration_s": of("trackTimeMillis", read=thousandth, said="milliseconds"),
        "audio_url": of("episodeUrl"),
        "link": of("trackViewUrl"),
        "image": of("artworkUrl600", "artworkUrl160", "artworkUrl100", "artworkUrl60"),
        "explicit": of("contentAdvisoryRating"),
        "tags": of("genres", read=_names),
        "podcast.title": of("collectionName"),
        "podcast.author": of("artistName"),
        "podcast.link": of("collectionViewUrl"),
        "podcast.feed_url": of("feedUrl"),
    },
    told_by=frozenset(
        "trackId trackName trackTimeMillis trackViewUrl collectionName episodeGuid".split()
    ),
)
SPOTIFY = Shape(
    "Spotify",
    {
        "id": of("id"),
        "title": of("name"),
        "summary": of("description", "html_description"),
        "published_at": of("release_date"),
        "duration_s": of("duration_ms", read=thousandth, said="milliseconds"),
        "link": of("external_urls.spotify"),
        "image": of("images", read=_first("url"), said="the first"),
        "explicit": of("explicit"),
        "language": of("language"),
        "podcast.title": of("show.name"),
        "podcast.author": of("show.publisher"),
        "podcast.link": of("show.external_urls.spotify"),
        "podcast.image": of("show.images", read=_first("url"), said="the first"),
    },
    told_by=frozenset(
        "release_date_precision html_description external_urls audio_preview_url".split()
    ),
    told_together=frozenset({"release_date", "duration_ms"}),
)
OWN = Shape(
    "this project",
    {},
    told_by=frozenset(
        "summary text published_at duration_s audio_url transcript_url chapters_url".split()
    ),
)
# As a table calls it, whatever its case, blanks and marks; and an object of no shape above.
IN_A_TABLE: Mapping[str, tuple[str, ...]] = {
    "id": ("Episode ID",),
    "guid": ("Episode GUID",),
    "title": ("Episode Title", "Episode Name", "Name"),
    "summary": (
        *("Description", "Text", "Episode Description", "Episode Summary", "Show Notes"),
        *("Episode Notes", "Synopsis", "Abstract"),
    ),
    "published_at": (
        *("Release Date", "Date", "Published", "Publish Date", "Published Date", "Pub Date"),
        *("Date Published", "Publication Date", "Published On", "Air Date", "Released"),
        *("Episode Date",),
    ),
    "duration_s": (
        *("Duration", "Duration (seconds)", "Duration (sec)", "Run Time", "Episode Length"),
        *("Episode Duration", "Duration (min)", "Duration (minutes)", "Duration (ms)"),
    ),
    "audio_url": ("Audio", "Audio Link", "Enclosure", "Enclosure URL", "MP3"),
    "link": ("URL", "Episode Link", "Permalink", "Web Page"),
    "image": ("Image URL", "Artwork", "Artwork URL", "Cover"),
    "season": ("Season Number", "Season No"),
    "episode": ("Episode Number", "Episode No"),
    "episode_type": (),
    "explicit": (),
    "hosts": ("Host", "Presenter", "Presenters"),
    "guests": ("Guest",),
    "tags": ("Tag", "Keywords"),
    "categories": ("Category", "Genre", "Genres"),
    "author": ("Creator",),
    "transcript_url": ("Transcript Link",),
    "chapters_url": (),
    "language": (),
    "podcast.title": (
        *("Podcast", "Show", "Show Title", "Show Name", "Podcast Name", "Feed Title"),
        *("Series", "Program", "Programme"),
    ),
    "podcast.author": ("Publisher",),
    "podcast.link": ("Show Link", "Podcast URL"),
    "podcast.image": ("Show Image",),
    "podcast.feed_url": ("Feed URL", "RSS", "RSS Feed", "RSS URL"),
    "podcast.guid": (),
    "podcast.language": (),
}
UNITS_IN_A_TABLE: Mapping[str, Read] = {
    "Duration (ms)": thousandth,
    "Duration (min)": sixtyfold,
    "Duration (minutes)": sixtyfold,
}
SHAPES = (
    JSON_FEED,
    PODCAST_INDEX,
    PODCAST_INDEX_FEED,
    LISTEN_NOTES,
    LISTEN_NOTES_PODCAST,
    APPLE,
    SPOTIFY,
)
