"""Reads a JSON array of objects, or one object that holds such a list."""

from collections.abc import Iterator

from indexer.corpus.readers.answers import NoEpisodes, episodes_of, refuse_without_episodes
from indexer.corpus.readers.json_lines import decode_json, read_json_lines
from indexer.corpus.readers.lines import read_lines
from indexer.corpus.readers.shaping import Unshaped, shaped
from indexer.corpus.records.date_order import with_one_date_order
from indexer.corpus.records.location import Location, Record, Rejection, Unreadable
from indexer.corpus.source import Source
from indexer.episode import Json

_MOST_MIB = 256


@with_one_date_order
def read_json(source: Source) -> Iterator[Record | Rejection]:
    """An array, or an object; else one object a line, as many a .json file has them."""
    head = source.head().removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        return _read_array(source)
    if head.startswith(b"{") and not _has_an_object_a_line(source):
        return _read_object(source)
    return read_json_lines(source)


def _has_an_object_a_line(source: Source) -> bool:
    lines = (line.strip() for line in read_lines(source, newline="\n") if line.strip())
    first, second = next(lines, ""), next(lines, "")
    return second.startswith("{") or (bool(second) and first.endswith("}"))


def _read_array(source: Source) -> Iterator[Record | Rejection]:
    objects = _parsed(source)
    if not objects:
        yield Rejection(source.place(), "the file is empty")
    try:
        refuse_without_episodes(objects, source.field_names)
    except NoEpisodes as error:
        raise Unreadable(source.place(), str(error)) from error
    for number, fields in enumerate(objects, 1):
        yield _record(source, source.place(item=number), fields)


def _record(source: Source, place: Location, fields: Json) -> Record | Rejection:
    if not isinstance(fields, dict):
        return Rejection(place, "is not a JSON object; make it one")
    try:
        return Record(place, shaped(fields, source.field_names))
    except Unshaped as error:
        return Rejection(place, str(error))


def _read_object(source: Source) -> Iterator[Record | Rejection]:
    try:
        for number, episode in episodes_of(_parsed(source), source.field_names, alone=True):
            place = source.place(item=number or None)
            if isinstance(episode, str):
                yield Rejection(place, episode)
            else:
                yield Record(place, episode)
    except NoEpisodes as error:
        raise Unreadable(source.place(), str(error)) from error


def _parsed(source: Source) -> Json:
    content = source.read(_MOST_MIB, "write it as JSON Lines, which may be of any size")
    try:
        return decode_json(content.decode("utf-8-sig", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(source.place(), f"is not JSON ({error}); write it anew") from error
