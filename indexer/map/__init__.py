"""The map of a corpus: a point for each episode, and clusters with names.

`projection` projects vectors to a plane, `clusters` groups the points, `names` names each cluster
by its distinctive words, and `drawing` writes the JSON that clients get. A rebuild keeps the points
of known episodes and places new ones among their neighbours. When more than a tenth are new, it
computes the whole layout again.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import Vectors
from indexer.episode import Episode
from indexer.map.clusters import ClusterLabels, clusters_of
from indexer.map.drawing import MapLayout
from indexer.map.names import names_of
from indexer.map.projection import Points, placed, project
from indexer.storage.segments import Rows, are_in

__all__ = ["MapLayout", "extend", "lay_out", "mapped_rows", "points_of"]

MOST_POINTS = 50_000  # a larger corpus is sampled to this many
_NO_POINT = -1
_FEWEST_KEPT = 1_000  # points; a new layout of fewer takes about a second
_MOST_PLACED = 0.1  # share of the points; with more, the layout no longer fits its episodes


def mapped_rows(hashes: NDArray[np.uint64]) -> Rows:
    """The rows that the map shows, in ascending order.

    A corpus that is too large is sampled by the (rows,) hashes of the episode ids, so that rebuilds
    sample the same episodes.
    """
    if len(hashes) <= MOST_POINTS:
        return np.arange(len(hashes))
    return np.sort(np.argpartition(hashes, MOST_POINTS)[:MOST_POINTS])


def lay_out(episodes: Sequence[Episode], vectors: Vectors) -> MapLayout:
    """A new layout of (n) episodes and their (n, dimension) unit vectors."""
    points = project(vectors)
    labels, centres = clusters_of(points)
    names = names_of([f"{episode.title or ''} {episode.summary}" for episode in episodes], labels)
    return MapLayout(points, labels, centres, names)


def points_of(rows: Rows, shown: Rows) -> Rows:
    """The position of each of `rows` in `shown`, which is in ascending order; -1 if not shown."""
    return np.where(are_in(rows, shown), np.searchsorted(shown, rows), _NO_POINT)


def extend(before: MapLayout, there: Rows, vectors: Vectors) -> MapLayout | None:
    """The previous layout with new episodes placed among their neighbours.

    `there` is (n,): the point that each of the (n, dimension) vectors has in `before`, or -1 for a
    new episode. Returns None if so many are new that the layout should be computed again.
    """
    known, new = there >= 0, there < 0
    count = before.placed + int(new.sum())
    if known.sum() < _FEWEST_KEPT or count > _MOST_PLACED * len(there):
        return None
    points, labels = np.empty((len(there), 2), np.int64), np.empty(len(there), np.int64)
    points[known], labels[known] = before.points[there[known]], before.labels[there[known]]
    points[new] = np.rint(placed(points[known].astype(np.float64), vectors[known], vectors[new]))
    labels[new] = _nearest(before.centres, points[new])
    return MapLayout(points, labels, before.centres, before.names, count)


def _nearest(centres: Points, points: Points) -> ClusterLabels:
    labels: ClusterLabels = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return labels
