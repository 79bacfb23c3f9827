"""How many dates and lengths that the feeds of a folder state are read, and why others are not.

`python -m tests.feed_fields FOLDER` prints the table; it ends in 1 where one is lost untold.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.corpus import Rejection, read_corpus
from indexer.corpus.unicode_marks import decoded, is_wide
from indexer.episode import Episode
from indexer.errors import CorpusError

_ITEM = re.compile(r"<(item|entry)[\s>].*?(?:</\1\s*>|(?=<\1[\s>])|\Z)", re.DOTALL | re.IGNORECASE)
_HIDDEN = re.compile(r"<!--.*?-->|<source\b.*?</source>", re.DOTALL | re.IGNORECASE)
_STATED = {
    "published_at": re.compile(
        r"<(?:pubdate|dc:date|published|updated|modified|issued|created)\b[^>]*>\s*[^<\s]", re.I
    ),
    "duration_s": re.compile(r"<itunes:duration\b[^>]*>\s*[^<\s]", re.I),
}


@dataclass(frozen=True)
class Count:
    """Of one field of one feed."""

    name: str
    field: str
    stated: int  # items whose source holds such an element
    read: int
    told: int  # notes of a value left out, and records skipped

    @property
    def untold(self) -> int:
        return max(0, self.stated - self.read - self.told)


@dataclass(frozen=True)
class Reading:
    """What was read of one feed."""

    path: Path
    episodes: list[Episode]
    rejections: list[Rejection]

    def counts(self) -> Iterator[Count]:
        items = list(_items(self.path.read_bytes()))
        skipped = sum(not each.kept for each in self.rejections)
        for field, element in _STATED.items():
            left_out = [each for each in self.rejections if _is_lost(each, field)]
            yield Count(
                self.path.name,
                field,
                stated=sum(element.search(item) is not None for item in items),
                read=sum(getattr(episode, field) is not None for episode in self.episodes),
                told=skipped + len(left_out),
            )


def readings(folder: Path) -> Iterator[Reading]:
    for path in sorted(each for each in folder.iterdir() if each.is_file()):
        rejections: list[Rejection] = []
        try:
            yield Reading(path, list(read_corpus([path], rejections.append)), rejections)
        except CorpusError:  # it is no feed, and says so
            continue


def _items(content: bytes) -> Iterator[str]:
    text = decoded(content) if is_wide(content) else content.decode("latin-1")
    return (found[0] for found in _ITEM.finditer(_HIDDEN.sub("", text)))


def _is_lost(rejection: Rejection, field: str) -> bool:
    return rejection.kept and repr(field) in rejection.reason and "left out" in rejection.reason


def main(folder: Path) -> int:
    read = list(readings(folder))
    counts = [count for reading in read for count in reading.counts()]
    print(f"{len(read)} feeds that can be read, {sum(len(r.episodes) for r in read):,} episodes")
    for field in _STATED:
        of_field = [count for count in counts if count.field == field]
        stated, found = sum(c.stated for c in of_field), sum(c.read for c in of_field)
        untold = sum(c.untold for c in of_field)
        print(f"{field:<13} {stated:,} items state one, {found:,} are read, {untold:,} lost untold")
        for count in of_field:
            if count.read < count.stated:
                print(f"  {count.name}: {count.read} of {count.stated}, {count.told} told")
    told = [each for reading in read for each in reading.rejections]
    for rejection in told:
        if not rejection.kept or any(_is_lost(rejection, field) for field in _STATED):
            print(f"  {rejection}")
    return int(any(count.untold for count in counts))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
