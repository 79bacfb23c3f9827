"""Collections for similar episodes: groups by a field, in a copy of the corpus without that field.

Parts of a series are grouped by title, other episodes by a common guest or tag. A title that a
summary quotes is removed from the summary too.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from indexer.corpus import read_corpus
from indexer.episode import Episode
from service.evaluation.collection import Collection, Grades, Query

Field = Literal["title", "guests", "tags"]
FIELDS: tuple[Field, ...] = get_args(Field)

_LARGEST_GROUP = 11  # episodes, so that all others of a group fit in ten hits

_NUMBER = r"(?:\d{1,2}|[ivx]{1,5}|one|two|three|four|five|six|seven|eight|nine|ten)"
_PART = re.compile(
    rf"\b(?:part|pt)\b\.?\s*#?\s*{_NUMBER}\b(?:\s*of\s*\d+)?"
    r"|\b\d{1,2}\s+of\s+\d{1,2}\b|[(\[]\d{1,2}/\d{1,2}[)\]]",
    re.IGNORECASE,
)


def group_collection(corpus: Path, hidden: Path, field: Field) -> Collection:
    """Each episode of a group asks for the others; `hidden` gets the copy without the field."""
    groups: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    with hidden.open("w", encoding="utf-8") as file:
        for episode in read_corpus([corpus], lambda _: None):
            for key in _keys(episode, field):
                groups[key].add(episode.episode_id)
            file.write(json.dumps(_without(episode, field), ensure_ascii=False) + "\n")
    qrels: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for group in groups.values():
        if 2 <= len(group) <= _LARGEST_GROUP:
            for episode_id in group:
                qrels[episode_id] |= dict.fromkeys(group - {episode_id}, 1)
    judged: dict[str, Grades] = dict(qrels)
    return Collection(corpus.stem, hidden, [Query(each, "") for each in judged], judged)


def _keys(episode: Episode, field: Field) -> Iterator[tuple[str, ...]]:
    """The keys of the groups that an episode belongs to."""
    if field == "title":
        story = _story(episode.title or "")
        if story:
            yield (episode.podcast.title if episode.podcast else "", story)
    else:
        yield from ((value.casefold(),) for value in getattr(episode, field))


def _story(title: str) -> str:
    """The title up to its last part number; empty if it has none."""
    marks = list(_PART.finditer(title))
    if not marks:
        return ""
    before, after = title[: marks[-1].start()], title[marks[-1].end() :]
    return _plain(before) or _plain(after)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text)).casefold()


def _without(episode: Episode, field: Field) -> dict[str, object]:
    record = episode.to_json()
    value = record.pop(field, None)
    if field == "title" and value:
        record["summary"] = record["summary"].replace(value, " ").strip() or record["summary"]
    return record
