"""The layout of a map: points, clusters, and their JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.episode import Episode, fold, shown_title
from indexer.map.clusters import ClusterLabels
from indexer.map.projection import Points

_MOST_TITLE_CHARACTERS = 100


@dataclass(frozen=True)
class MapLayout:
    points: Points  # (n, 2)
    labels: ClusterLabels  # (n,)
    centres: Points  # (clusters, 2)
    names: list[str]  # of the clusters
    placed: int = 0  # points that were added to the layout since it was computed

    def written(self, episodes: Sequence[Episode]) -> bytes:
        """JSON: a list for each field of the (n) episodes, and the clusters."""
        sizes = np.bincount(self.labels, minlength=len(self.centres))
        clusters = zip(self.names, self.centres.tolist(), sizes.tolist(), strict=True)
        columns = {
            "ids": [episode.episode_id for episode in episodes],
            "titles": [_title(episode) for episode in episodes],
            "x": self.points[:, 0].tolist(),
            "y": self.points[:, 1].tolist(),
            "cluster": self.labels.tolist(),
            "clusters": [
                {"name": name, "x": x, "y": y, "size": size} for name, (x, y), size in clusters
            ],
            "placed": self.placed,
        }
        return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def read(cls, written: bytes) -> "MapLayout":
        """The layout from the JSON of `written`."""
        columns = json.loads(written)
        clusters = columns["clusters"]
        return cls(
            points=np.array([columns["x"], columns["y"]], np.int64).T,
            labels=np.array(columns["cluster"], np.int64),
            centres=np.array([(c["x"], c["y"]) for c in clusters], np.int64).reshape(-1, 2),
            names=[cluster["name"] for cluster in clusters],
            placed=columns["placed"],
        )


def _title(episode: Episode) -> str:
    shown = shown_title(episode.title, episode.headline, episode.summary)
    return fold(shown)[:_MOST_TITLE_CHARACTERS]
