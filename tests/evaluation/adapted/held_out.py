"""Collections whose questions come from the podcasts that were held out."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from indexer.episode import Episode
from service.evaluation.collection import Collection, known_items
from tests.evaluation.groups import group_collection


def titles(held_out: Sequence[Episode], folder: Path) -> Collection:
    """Titles ask for their summaries among the episodes that were held out."""
    return known_items("titles held out", held_out, folder / "held-out.jsonl")


def among_all(titles: Collection, episodes: Sequence[Episode], folder: Path) -> Collection:
    """The same titles ask among all episodes."""
    return replace(titles, corpus=known_items("all", episodes, folder / "all.jsonl").corpus)


def stories(episodes: Sequence[Episode], held_out: Sequence[Episode], folder: Path) -> Collection:
    """Parts of one story ask for each other, without titles.

    The episodes are those held out, and those of the podcasts that have such parts.
    """
    everything = group_collection(
        _write(episodes, folder / "every.jsonl"), _hidden(folder), "title"
    )
    asked = {query.query_id for query in everything.queries}
    podcasts = {_podcast(each) for each in episodes if each.episode_id in asked}
    apart = {each.episode_id for each in held_out}
    chosen = [e for e in episodes if e.episode_id in apart or _podcast(e) in podcasts]
    return group_collection(_write(chosen, folder / "stories.jsonl"), _hidden(folder), "title")


def asked_by(collection: Collection, episodes: Iterable[Episode]) -> Collection:
    """The collection with the questions that these episodes ask."""
    ids = {each.episode_id for each in episodes}
    return replace(collection, queries=[q for q in collection.queries if q.query_id in ids])


def _podcast(episode: Episode) -> str:
    return episode.podcast.identity if episode.podcast else episode.episode_id


def _hidden(folder: Path) -> Path:
    return folder / "stories-untitled.jsonl"


def _write(episodes: Iterable[Episode], file: Path) -> Path:
    lines = (json.dumps(each.to_json(), ensure_ascii=False) for each in episodes)
    file.write_text("\n".join(lines), encoding="utf-8")
    return file
