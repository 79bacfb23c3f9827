"""The map of a corpus, from one episode to more than t-SNE lays out."""

import json
from dataclasses import replace

import numpy as np
import pytest

from indexer.encoder import Vectors
from indexer.episode import Episode
from indexer.map import MapLayout, extend, lay_out, mapped_rows, points_of, projection
from indexer.map.clusters import clusters_of
from indexer.map.names import names_of
from indexer.map.projection import LARGEST, project

TOPICS = ("kafka stream", "jazz guitar", "rome empire")


def groups(count: int, spread: float = 0.1) -> Vectors:
    """`count` vectors around each of three axes."""
    noise = np.random.default_rng(0).normal(0, spread, (3 * count, 8))
    vectors = np.repeat(np.eye(3, 8), count, axis=0) + noise
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def apart(points: projection.Points) -> float:
    """The distance between the centres of the three groups, in units of their radius."""
    parts = points.reshape(3, -1, 2)
    middles = parts.mean(axis=1)
    radius = np.median(np.linalg.norm(parts - middles[:, None], axis=2))
    return float(min(np.linalg.norm(middles[a] - middles[a - 1]) for a in range(3)) / radius)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 60])
def test_all_points_lie_within_the_map(count: int) -> None:
    points = project(groups(20)[:count])

    assert points.shape == (count, 2)
    assert points.min() >= 0
    assert points.max() <= LARGEST


def test_identical_episodes_can_be_laid_out() -> None:
    assert project(np.full((40, 4), 0.5, np.float32)).shape == (40, 2)


def test_neighbours_stay_near_and_the_layout_is_repeatable() -> None:
    vectors = groups(60)

    points = project(vectors)

    assert apart(points) > 3
    assert np.array_equal(points, project(vectors))


def test_episodes_outside_the_sample_are_placed_among_their_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(projection, "_LAID_OUT", 60)

    assert apart(project(groups(100))) > 3


def test_the_sample_of_mapped_rows_stays_the_same_when_episodes_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("indexer.map.MOST_POINTS", 5)
    hashes = np.random.default_rng(0).permutation(100).astype(np.uint64)

    assert hashes[mapped_rows(hashes)].max() == 4
    assert mapped_rows(hashes).tolist() == sorted(mapped_rows(hashes))
    assert set(mapped_rows(hashes[:50])) >= {row for row in mapped_rows(hashes) if row < 50}
    assert mapped_rows(hashes[:4]).tolist() == [0, 1, 2, 3]


def test_known_points_stay_and_new_ones_are_placed_among_their_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("indexer.map._FEWEST_KEPT", 50)
    vectors = groups(20)
    episodes = [Episode(episode_id=f"e{n}", summary=TOPICS[n // 20]) for n in range(60)]
    before = lay_out(episodes, vectors)
    without_three = np.delete(np.arange(60), [5, 25, 45])
    there = np.append(without_three, [-1, -1, -1])

    after = extend(before, there, vectors[[*without_three, 5, 25, 45]])

    assert after
    assert np.array_equal(after.points[:57], before.points[without_three])
    assert after.labels[57:].tolist() == before.labels[[6, 26, 46]].tolist()
    assert [after.names, after.placed] == [before.names, 3]
    assert np.array_equal(MapLayout.read(after.written(episodes)).points, after.points)
    unchanged = extend(before, points_of(np.array([3, 5, 7] * 20), np.array([3, 5, 7])), vectors)
    assert unchanged
    assert unchanged.points.tolist() == before.points[[0, 1, 2] * 20].tolist()
    assert points_of(np.array([4, -1, 7]), np.array([3, 5, 7])).tolist() == [-1, -1, 2]


def test_too_many_new_episodes_need_a_new_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.map._FEWEST_KEPT", 50)
    episodes = [Episode(episode_id=f"e{n}", summary=TOPICS[n // 20]) for n in range(60)]
    before = lay_out(episodes, groups(20))
    there = np.arange(60)
    there[:3] = -1
    once = extend(before, there, groups(20))

    assert once
    assert extend(once, there, groups(20))
    assert extend(replace(once, placed=4), there, groups(20)) is None


def test_clusters_are_groups_of_near_points() -> None:
    corners = np.repeat([[0, 0], [60000, 0], [0, 60000]], 15, axis=0)
    points = corners + np.arange(45)[:, None]

    labels, centres = clusters_of(points)

    assert len(centres) == 3
    assert [len(set(part)) for part in labels.reshape(3, -1).tolist()] == [1, 1, 1]


def test_a_cluster_is_named_by_its_distinctive_phrases() -> None:
    texts = [
        f"Mary explains {topic}, and people talk. See http://shop.example/{topic[:3]}"
        for topic in TOPICS
    ]

    names = names_of(texts * 5, np.array([0, 1, 2] * 5))

    for name, topic in zip(names, TOPICS, strict=True):
        assert name.split(", ")[0] == topic
        assert not {"shop", "explains", "people", "talk"}.intersection(
            name.replace(",", "").split()
        )


def test_a_phrase_of_few_episodes_names_nothing() -> None:
    texts = ["jazz guitar", "guitar of jazz", "jazz for guitar", "rome", "rome", "rome"]
    assert names_of(texts, np.array([0, 0, 0, 1, 1, 1])) == ["guitar, jazz", "rome"]


def test_a_cluster_is_named_by_words_that_no_space_divides() -> None:
    texts = ["铁路和列车", "红茶和绿茶", "แม่น้ำ"]

    names = names_of(texts * 5, np.array([0, 1, 2] * 5))

    told = [sorted(name.split(", ")) for name in names]
    assert told == [["列车", "铁路"], ["红茶", "绿茶"], ["แม่น้ำ"]]


def test_without_words_names_are_empty() -> None:
    assert names_of(["1 2 3", "!!"], np.array([0, 1])) == ["", ""]


def test_the_map_has_a_point_for_each_episode() -> None:
    episodes = [
        Episode(episode_id=f"e{n}", summary=TOPICS[n // 20], title=None if n else "Ä title")
        for n in range(60)
    ]

    told = json.loads(lay_out(episodes, groups(20)).written(episodes))

    assert told["ids"] == [f"e{n}" for n in range(60)]
    assert told["titles"][:2] == ["Ä title", "kafka stream"]
    assert {len(told[column]) for column in ("titles", "x", "y", "cluster")} == {60}
    sizes = [cluster["size"] for cluster in told["clusters"]]
    assert sum(sizes) == 60
    assert {cluster["name"] for cluster in told["clusters"]} >= {"jazz guitar"}
