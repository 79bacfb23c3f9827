"""Finds the episodes in one JSON object: the answer of a directory, a feed, an app's export."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from indexer.corpus.readers.shapes import (
    APPLE,
    JSON_FEED,
    LISTEN_NOTES_PODCAST,
    OWN,
    PODCAST_INDEX,
    PODCAST_INDEX_FEED,
    Given,
    Shape,
    of,
)
from indexer.corpus.readers.shaping import (
    Fields,
    Unshaped,
    is_episode,
    named,
    plan_of,
    said_of_all,
    shaped,
    told_shape,
    value_at,
    with_what_is_said_of_all,
)
from indexer.corpus.source import FieldNames
from indexer.episode import Json

_LISTS = frozenset("episodes items results records entries data feeds podcasts".split())
_DEEPEST = 5  # objects within each other
_LOOKED_AT = 20  # records of a list, to tell whether it is one of episodes
_OF_APPLES_PODCAST = ("artistName", "collectionName", "collectionViewUrl", "feedUrl")


class NoEpisodes(ValueError):
    """The object is no episode and holds no list of them; the message names what it has."""


@dataclass(frozen=True)
class Answer:
    """What a directory answers: a list of records, and what is said of all of them."""

    shape: Shape | None  # None: each record tells its own
    lists: tuple[str, ...]
    beside: tuple[str, ...]  # names of which one stands beside the list
    about: Mapping[str, Given] = field(default_factory=dict)
    when: Callable[[Fields], bool] = lambda _: True


def _is_of_podcast_index(answer: Fields) -> bool:
    return str(answer["status"]).lower() == "true"


def _text(value: Json) -> Json:
    return value if isinstance(value, str) else None


ANSWERS = (
    Answer(
        JSON_FEED,
        ("items",),
        ("version",),
        {
            "podcast.title": of("title"),
            "podcast.link": of("home_page_url"),
            "podcast.feed_url": of("feed_url"),
            "podcast.image": of("icon", "favicon"),
            "podcast.author": JSON_FEED.fields["author"],
            "podcast.language": of("language"),
            "language": of("language"),
        },
        lambda answer: str(answer["version"]).startswith("https://jsonfeed.org/version/"),
    ),
    Answer(PODCAST_INDEX_FEED, ("feeds", "feed"), ("status",), when=_is_of_podcast_index),
    Answer(PODCAST_INDEX, ("items", "episodes", "episode"), ("status",), when=_is_of_podcast_index),
    Answer(APPLE, ("results",), ("resultCount",)),
    Answer(
        None,
        ("episodes",),
        ("publisher", "total_episodes"),
        {
            name: given
            for name, given in LISTEN_NOTES_PODCAST.fields.items()
            if name.startswith("podcast.")
        },
        lambda answer: isinstance(answer["episodes"], list),
    ),
    Answer(
        None,
        ("episodes.items",),
        ("publisher", "total_episodes"),
        {
            "podcast.title": of("name"),
            "podcast.author": of("publisher"),
            "podcast.link": of("external_urls.spotify"),
        },
    ),
)


# What an object of no known answer says of all its records.
_OF_ALL = {
    "podcast.title": of(
        *("podcast.title", "podcast.name", "show.title", "show.name", "feed.title"),
        *("channel.title", "podcast", "show"),
        read=_text,
    ),
    "podcast.link": of("podcast.link", "show.link", "feed.link", "channel.link", read=_text),
    "podcast.author": of("podcast.author", "show.author", "feed.author", read=_text),
    "podcast.feed_url": of("podcast.feed_url", "podcast.rss", "feed.url", read=_text),
}


class _Listing(NamedTuple):
    records: Sequence[Json]
    name: str
    shape: Shape | None = None
    said_of_all: Mapping[str, Json] = {}


Numbered = tuple[int, Fields | str]  # from 1: the fields of an episode, or why there is none


def episodes_of(fields: Fields, chosen: FieldNames, *, alone: bool = False) -> Iterator[Numbered]:
    """The object itself, if it is an episode, or those that it lists. Raises NoEpisodes.

    An object that stands `alone` has to have a title, or a name that tells a shape: answers
    describe themselves.
    """
    if _is_plain(tuple(fields), chosen):
        yield 1, fields
        return
    listing = _known_listing(fields) or _only_listing(fields, chosen, alone)
    if listing is None:
        yield 1, _shaped(fields, chosen, None)
        return
    if not listing.records:
        yield 0, f"its list {listing.name!r} is empty"
    for number, record in _completed(listing):
        if isinstance(record, Mapping):
            episode = _shaped(record, chosen, listing.shape)
            if not isinstance(episode, str):
                episode = with_what_is_said_of_all(episode, listing.said_of_all)
            yield number, episode
        else:
            yield number, record if isinstance(record, str) else "is not a JSON object; make it one"


@lru_cache(maxsize=512)
def _is_plain(names: tuple[str, ...], chosen: FieldNames) -> bool:
    """Whether objects of these names are episodes under the names of this project."""
    try:
        ours = told_shape(names) is OWN and plan_of(names, chosen) is None
    except Unshaped:
        return False
    return ours and _LISTS.isdisjoint(names)


def refuse_without_episodes(records: Sequence[Json], chosen: FieldNames) -> None:
    """Raises NoEpisodes where none of the first records can be an episode."""
    objects = [each for each in records[:_LOOKED_AT] if isinstance(each, Mapping)]
    if objects and not any(is_episode(each, chosen) for each in objects):
        raise NoEpisodes(
            f"holds no episodes: the fields of its first record are {named(objects[0])}; say which "
            "is the summary with MAP='summary=…'"
        )


def _shaped(fields: Fields, chosen: FieldNames, shape: Shape | None) -> Fields | str:
    try:
        return shaped(fields, chosen, shape)
    except Unshaped as error:
        return str(error)


def _known_listing(fields: Fields) -> _Listing | None:
    """The list of an answer that a directory gives."""
    for answer in ANSWERS:
        if any(name in fields for name in answer.beside):
            for name in answer.lists:
                found = value_at(fields, name)
                records = [found] if isinstance(found, Mapping) else found
                if isinstance(records, list) and answer.when(fields):
                    return _Listing(records, name, answer.shape, said_of_all(fields, answer.about))
    return None


def _only_listing(fields: Fields, chosen: FieldNames, alone: bool) -> _Listing | None:
    """The one list of episodes in an object that is none itself. Raises NoEpisodes."""
    lists = list(_lists(fields))
    of_episodes = [
        each for each in lists if any(is_episode(r, chosen) for r in _objects(each.records))
    ]
    usual = [each for each in of_episodes if each.name.rpartition(".")[2] in _LISTS]
    if _tells_a_shape(fields) and not usual:
        return None
    if len(of_episodes) > 1:
        names = named(each.name for each in of_episodes)
        raise NoEpisodes(f"holds several lists of episodes, {names}; give each in its own file")
    if of_episodes:
        return of_episodes[0]._replace(said_of_all=_said_by(fields, of_episodes[0].name))
    if _is_record(fields, chosen, alone):
        return None
    empty = [name for name in fields if name in _LISTS and fields[name] == []]
    if empty:
        return _Listing([], empty[0])
    if lists:
        refuse_without_episodes(lists[0].records, chosen)
    raise NoEpisodes(
        f"has no summary and lists no episodes; its fields are {named(fields)}; say which is the "
        "summary with MAP='summary=…'"
    )


def _is_record(fields: Fields, chosen: FieldNames, alone: bool) -> bool:
    episode = _shaped(fields, chosen, None)
    if isinstance(episode, str):
        return True  # of two shapes, which is told as of any record
    return is_episode(fields, chosen) and not (alone and "title" not in episode)


def _said_by(fields: Fields, name: str) -> Mapping[str, Json]:
    """What an object says of the list it holds; the title of one with episodes is its podcast's."""
    if name == "episodes" and not {"podcast", "show", "feed", "channel"} & set(fields):
        return said_of_all(fields, {"podcast.title": of("title", "name", read=_text)})
    said = said_of_all(fields, _OF_ALL)
    outer, _, inner = name.partition(".")
    return said or (_said_by(fields[outer], inner) if inner else {})


def _tells_a_shape(fields: Fields) -> bool:
    try:
        return told_shape(tuple(fields)) is not None
    except Unshaped:
        return True


def _lists(fields: Fields, depth: int = _DEEPEST) -> Iterator[_Listing]:
    """The lists of objects in the object, or in an object within it."""
    for name, value in fields.items():
        if isinstance(value, list) and _objects(value):
            yield _Listing(value, name)
        elif isinstance(value, Mapping) and depth:
            for found in _lists(value, depth - 1):
                yield found._replace(name=f"{name}.{found.name}")


def _objects(records: Sequence[Json]) -> list[Fields]:
    return [each for each in records[:_LOOKED_AT] if isinstance(each, Mapping)]


def _completed(listing: _Listing) -> Iterator[tuple[int, Json]]:
    """The records; where Apple lists a podcast among its episodes, it completes them."""
    if listing.shape is not APPLE:
        yield from enumerate(listing.records, 1)
        return
    podcasts = {
        each.get("collectionId"): each for each in listing.records if _is_apples_podcast(each)
    }
    completed = set()
    for number, record in enumerate(listing.records, 1):
        if isinstance(record, Mapping) and not _is_apples_podcast(record):
            podcast = podcasts.get(record.get("collectionId"), {})
            completed.add(record.get("collectionId"))
            said = {name: podcast[name] for name in _OF_APPLES_PODCAST if name in podcast}
            yield number, {**said, **record}
        elif not isinstance(record, Mapping):
            yield number, record
    for number, record in enumerate(listing.records, 1):
        if _is_apples_podcast(record) and record.get("collectionId") not in completed:
            feed = record.get("feedUrl") or "of its page"
            yield number, f"is a podcast and no episode; give its feed to read it: {feed}"


def _is_apples_podcast(record: Json) -> bool:
    return isinstance(record, Mapping) and (
        record.get("kind") == "podcast" or record.get("wrapperType") == "collection"
    )
