"""Groups points by k-means on the plane.

The points are clustered and not the vectors, because a name is drawn at the centre of its cluster.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from indexer.map.projection import Points

ClusterLabels = NDArray[np.int64]  # (n,)

_MAX_CLUSTERS = 60  # more names cannot be read on a screen
_SEED = 0


def clusters_of(points: Points) -> tuple[ClusterLabels, NDArray[np.int64]]:
    """The cluster of each point, (n,), and the centres of the clusters, (clusters, 2)."""
    distinct = len(np.unique(points, axis=0))
    count = min(_MAX_CLUSTERS, distinct, max(1, round(sqrt(len(points) / 5))))
    found = KMeans(count, n_init=1, random_state=_SEED).fit(points.astype(np.float64))
    return found.labels_.astype(np.int64), np.rint(found.cluster_centers_).astype(np.int64)
