"""Chapters and moments, as HTTP clients get them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake

NOTES = "About kafka.\n(0:30) Kafka\n(4:35) Soil"
EPISODES = [
    {"id": "timed", "title": "Monday", "summary": NOTES, "transcript_url": "https://a.example/t"},
    {"id": "plain", "title": "Tuesday", "summary": "About kafka too."},
]


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake(EPISODES)
    with TestClient(create_app(Settings(snapshots=root))) as client:
        yield client


def ids(client: TestClient, address: str) -> list[str]:
    return [episode["id"] for episode in client.get(address).json()["episodes"]]


def test_an_episode_lists_its_chapters_and_keeps_its_summary(client: TestClient) -> None:
    episode = client.get("/episodes/timed").json()
    assert episode["summary"] == NOTES
    assert episode["chapters"] == [
        {"start_s": 30.0, "title": "Kafka", "end_s": 275.0, "start": 20, "end": 25},
        {"start_s": 275.0, "title": "Soil", "start": 33, "end": 37},
    ]
    assert "chapters" not in client.get("/episodes/plain").json()


def test_episodes_are_filtered_by_what_they_have(client: TestClient) -> None:
    assert ids(client, "/episodes?has=chapters") == ["timed"]
    assert ids(client, "/episodes?has=transcript") == ["timed"]
    assert len(ids(client, "/episodes?has=chapters,transcript")) == 1
    hits = client.get("/search?q=kafka&has=chapters").json()["hits"]
    assert [hit["episode"]["id"] for hit in hits] == ["timed"]
    assert client.get("/search?q=kafka&has=pictures").status_code == 422


def test_hits_have_moments(client: TestClient) -> None:
    hits = client.get("/search?q=kafka").json()["hits"]
    moments = {hit["episode"]["id"]: hit["moments"] for hit in hits}
    assert moments["plain"] == []
    assert [moment["start_s"] for moment in moments["timed"]] == [30, 275]
    assert {*moments["timed"][0]} == {
        *("start_s", "end_s", "text", "source", "speaker", "approximate", "score", "matches")
    }


def test_one_episode_is_searched(client: TestClient) -> None:
    found = client.get("/episodes/timed/moments?q=soil&k=1").json()
    assert [moment["text"] for moment in found["moments"]] == ["Soil"]
    assert found["episode"] == "timed"
    assert client.get("/episodes/plain/moments?q=soil").json()["moments"] == []


def test_items_of_the_feed_have_the_best_moment(client: TestClient) -> None:
    feed = client.get("/search.rss?q=kafka&min_relevance=0").text
    assert '<podcast:soundbite startTime="30.0" duration="120.0">Kafka</podcast:soundbite>' in feed
    assert feed.count("<podcast:soundbite") == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/episodes/nobody/moments?q=soil", 404),
        ("/episodes/timed/moments", 422),
        ("/episodes/timed/moments?q=%20", 422),
        ("/episodes/timed/moments?q=soil&k=0", 422),
        ("/episodes/timed/moments?q=soil&x=1", 422),
    ],
)
def test_what_cannot_be_asked_is_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
