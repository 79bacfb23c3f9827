"""The map of a corpus: a point for each episode, and clusters with names.

`projection` lays vectors out on a plane, `clusters` groups the points, `names` names each cluster
by its distinctive words, and `drawing` is the JSON that clients get. A rebuild keeps the points of
known episodes and places new ones among their neighbours, until a tenth is new; then it lays all
out anew.
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

__all__ = ["MapLayout", "draw", "drawn", "go_on", "points_of"]

MOST_POINTS = 50_000  # of a larger corpus, so many are drawn
_NO_POINT = -1
_FEWEST_KEPT = 1_000  # points; fewer are drawn anew in a moment
_MOST_PLACED = 0.1  # of the points; of more the layout would no longer be theirs


def mapped_rows(hashes: NDArray[np.uint64]) -> Rows:
    """The rows that a map shows, ascending; by (rows,) hashes, so that they stay the same ones."""
    if len(hashes) <= MOST_POINTS:
        return np.arange(len(hashes))
    return np.sort(np.argpartition(hashes, MOST_POINTS)[:MOST_POINTS])


def lay_out(episodes: Sequence[Episode], vectors: Vectors) -> MapLayout:
    points = project(vectors)
    labels, centres = clusters_of(points)
    names = names_of([f"{episode.title or ''} {episode.summary}" for episode in episodes], labels)
    return MapLayout(points, labels, centres, names)


def points_of(rows: Rows, shown: Rows) -> Rows:
    """Which point each row is, -1 for none, of a map that shows these, which ascend."""
    return np.where(are_in(rows, shown), np.searchsorted(shown, rows), _NO_POINT)


def extend(before: MapLayout, there: Rows, vectors: Vectors) -> MapLayout | None:
    """`there` has for each of (n, dimension) its point in `before`, or -1 for a newcomer.

    None where so much is new that all should be drawn anew.
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
