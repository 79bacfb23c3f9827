"""What is typed is completed to names, in any order of words, with one typo, as filters allow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.conftest import BuildFake

EPISODES = (
    {
        "id": "streams",
        "title": "Streams of Kafka",
        "summary": "Kafka and Flink.",
        "podcast": {"title": "Streaming Hour"},
        "hosts": ["Tim Berglund"],
        "tags": ["kafka"],
        "language": "en",
    },
    {
        "id": "musik",
        "title": "Jazz über alles",
        "summary": "Jazz on guitar. Kubernetes is not the subject.",
        "podcast": {"title": "Sounds"},
        "hosts": ["Sinéad O'Connor"],
        "guests": ["Tim Berger"],
        "language": "de",
    },
    {"id": "again", "title": "Streams of Kafka", "summary": "Said again.", "language": "en"},
    {"id": "bare", "title": "…", "summary": "No word in its title, a guitar in its text."},
)


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake(EPISODES)
    with TestClient(create_app(Settings(snapshots=root))) as client:
        yield client


def suggested(client: TestClient, typed: str, **filters: str) -> list[str]:
    answer = client.get("/suggest", params={"q": typed, **filters}).json()
    assert answer["query"] == typed
    return [each["text"] for each in answer["suggestions"]]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("tim", ["Tim Berger", "Tim Berglund"]),
        ("Tim bergl", ["Tim Berglund"]),
        ("berglund t", ["Tim Berglund"]),
        ("berglund ti", ["Tim Berglund"]),
        ("sinead", ["Sinéad O'Connor"]),
        ("sinéad o’c", ["Sinéad O'Connor"]),
        ("uber", ["Jazz über alles"]),
        ("stre", ["Streaming Hour", "Streams of Kafka"]),
        ("streams ", ["Streams of Kafka"]),
        ("stream ", ["Streams of Kafka"]),
        ("kafka", ["kafka", "Streams of Kafka"]),
        ("bregl", ["Tim Berglund"]),
        ("kafak", ["kafka", "Streams of Kafka"]),
        ("kak", []),
        ("xyzzy", []),
        ("", []),
        ("…", []),
        ("\x00", []),
    ],
)
def test_names_have_all_words_and_the_last_may_be_a_beginning(
    client: TestClient, typed: str, names: list[str]
) -> None:
    assert suggested(client, typed) == names


def test_filters_hold_for_names(client: TestClient) -> None:
    assert suggested(client, "tim", language="de") == ["Tim Berger"]
    assert suggested(client, "s", language="de") == ["Sounds", "Sinéad O'Connor"]
    assert suggested(client, "streams", podcast="Sounds") == []
    assert suggested(client, "streams", published_after="2020-01-01") == []


def test_a_suggestion_says_what_it_is(client: TestClient) -> None:
    found = client.get("/suggest?q=kafka").json()["suggestions"]
    assert found[0] == {"text": "kafka", "kind": "tag", "id": None}
    assert found[1]["kind"] == "title"
    assert found[1]["id"] in ("streams", "again")


def test_the_limit_and_faults_are_told(client: TestClient) -> None:
    assert len(client.get("/suggest?q=t&limit=1").json()["suggestions"]) == 1
    assert client.get("/suggest?q=t&limit=0").status_code == 422
    assert client.get("/suggest").status_code == 422
    assert client.get("/suggest", params={"q": "a " * 1900}).status_code == 200


def test_a_misspelled_word_is_answered_as_written_and_as_meant(client: TestClient) -> None:
    answer = client.get("/search?q=kuberntes and guitra").json()
    meant = answer["did_you_mean"]
    assert meant["query"] == "kubernetes and guitar"
    assert meant["hits"][0]["episode"]["id"] == "musik"
    assert answer["query"] == "kuberntes and guitra"
    assert answer["hits"]


@pytest.mark.parametrize(
    "question", ["kafka", "Kafkas", "xyzzyx", "guitars and flink", "guitra-x", "g" * 600]
)
def test_nothing_else_is_meant_where_words_are_known_or_far(
    client: TestClient, question: str
) -> None:
    answer = client.get("/search", params={"q": question}).json()
    assert "did_you_mean" not in answer


def test_the_meant_question_is_not_asked_if_understanding_is_off(client: TestClient) -> None:
    assert "did_you_mean" not in client.get("/search?q=guitra&understand=false").json()
