"""A picture of the whole corpus: where each episode lies, and what lies together there.

`projection` lays the vectors out on a plane, `clusters` finds what lies together in it, `names`
tells each cluster by its distinctive words. It is written as the JSON that a client gets.
"""

import json
from collections.abc import Sequence

import numpy as np

from indexer.encoder import Vectors
from indexer.episode import Episode, fold
from indexer.map.clusters import clusters_of
from indexer.map.names import names_of
from indexer.map.projection import project

MOST_POINTS = 50_000  # of a larger corpus, so many are drawn
_MOST_TITLE_CHARACTERS = 100
_SEED = 0


def drawn(count: int) -> Sequence[int]:
    """The rows that a map of `count` episodes shows, ascending."""
    if count <= MOST_POINTS:
        return range(count)
    chosen = np.random.default_rng(_SEED).choice(count, MOST_POINTS, replace=False)
    rows: list[int] = np.sort(chosen).tolist()
    return rows


def map_of(episodes: Sequence[Episode], vectors: Vectors) -> bytes:
    """JSON: columns of the episodes drawn, and the clusters."""
    points = project(vectors)
    labels, centres = clusters_of(points)
    names = names_of([f"{episode.title or ''} {episode.summary}" for episode in episodes], labels)
    sizes = np.bincount(labels[labels >= 0], minlength=len(centres))
    columns = {
        "ids": [episode.episode_id for episode in episodes],
        "titles": [_title(episode) for episode in episodes],
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
        "cluster": labels.tolist(),
        "clusters": [
            {"name": name, "x": int(x), "y": int(y), "size": int(size)}
            for name, (x, y), size in zip(names, centres, sizes, strict=True)
        ],
    }
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()


def _title(episode: Episode) -> str:
    return fold(episode.title or episode.summary)[:_MOST_TITLE_CHARACTERS]
