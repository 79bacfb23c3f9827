"""The table of indexer/README.md: what feeds, directories and tables call each field.

`python -m indexer.corpus.readers.shapes_table` prints it.
"""

from collections.abc import Iterable

from indexer.corpus.readers.shapes import (
    APPLE,
    IN_A_TABLE,
    JSON_FEED,
    LISTEN_NOTES,
    PODCAST_INDEX,
    SPOTIFY,
    Given,
)

_IN_A_FEED = {
    "id": "`guid`, or what stands for it",
    "guid": "`guid`",
    "title": "`title`",
    "summary": "`itunes:summary`, `description`, `content:encoded`: the fullest",
    "published_at": "`pubDate`",
    "duration_s": "`itunes:duration`",
    "audio_url": "`enclosure`",
    "link": "`link`",
    "image": "`itunes:image`",
    "season": "`itunes:season`",
    "episode": "`itunes:episode`",
    "episode_type": "`itunes:episodeType`",
    "explicit": "`itunes:explicit`",
    "hosts": "`podcast:person`",
    "guests": "`podcast:person`",
    "tags": "`category`, `itunes:keywords`",
    "categories": "the channel's `itunes:category`",
    "author": "`itunes:author`",
    "transcript_url": "`podcast:transcript`",
    "chapters_url": "`podcast:chapters`",
    "language": "the channel's `language`",
    "podcast.title": "the channel's `title`",
    "podcast.author": "the channel's `itunes:author`",
    "podcast.link": "the channel's `link`",
    "podcast.image": "the channel's `itunes:image`",
    "podcast.feed_url": "its address, or `atom:link` to itself",
    "podcast.guid": "`podcast:guid`",
    "podcast.language": "the channel's `language`",
}
_SHAPES = (JSON_FEED, PODCAST_INDEX, LISTEN_NOTES, APPLE, SPOTIFY)


def shapes_table() -> str:
    """The table in Markdown."""
    header = ["here", "in a feed", *(shape.name for shape in _SHAPES), "in a table, also"]
    rows = [
        [
            f"`{field}`",
            _IN_A_FEED[field],
            *(_cell(shape.fields.get(field)) for shape in _SHAPES),
            ", ".join(names),
        ]
        for field, names in IN_A_TABLE.items()
    ]
    return "\n".join(map(_line, [header, ["---"] * len(header), *rows]))


def _cell(given: Given | None) -> str:
    if given is None:
        return ""
    names = " or ".join(f"`{name}`" for name in given.names)
    return f"{names}, {given.said}" if given.said else names


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


if __name__ == "__main__":
    print(shapes_table())
