"""Quoted phrases must stand in an episode, excluded words and phrases must not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.search.understanding.operators import MOST_OPERATORS, Operators, operators_of
from service.settings import Settings
from tests.conftest import BuildFake

EPISODES = (
    {"id": "maps", "title": "Naïve maps", "summary": "A history of Rome, drawn by hand."},
    {"id": "words", "title": "Maps", "summary": "Naive readers; maps of Rome and its history."},
    {"id": "soil", "title": "Garden soil", "summary": "Potatoes like the soil of a garden."},
    {"id": "pots", "title": "Garden pots", "summary": "Potatoes grow in pots. The crypto ad!"},
    {"id": "edge", "title": "Ends with crypto", "summary": "Ad breaks in a garden, a history."},
)


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    years = (2020, 2021, 2020, 2020, 2021)
    pairs = zip(EPISODES, years, strict=True)
    build_fake({**episode, "published_at": f"{year}-06-01"} for episode, year in pairs)
    with TestClient(create_app(Settings(snapshots=root))) as client:
        yield client


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ('"naive maps" history', Operators("naive maps history", ("naive maps",))),
        ("“naive maps” 《》", Operators("naive maps 《》", ("naive maps",))),
        ("potatoes -soil", Operators("potatoes", (), ("soil",))),
        ('potatoes -"crypto ad"', Operators("potatoes", (), ("crypto ad",))),
        ("go -C++ -.NET -node.js,", Operators("go", (), ("C++", ".NET", "node.js"))),
        ("\u200f-מילה", Operators("", (), ("מילה",))),
        ('say "hi there", "hi there"', Operators("say hi there, hi there", ("hi there",))),
    ],
)
def test_operators_are_read(question: str, read: Operators) -> None:
    assert operators_of(question) == read


@pytest.mark.parametrize(
    "question",
    [
        "plain words",
        '"unclosed phrase',
        '5" and 7" vinyl',
        "--soil",
        "-(-soil)",
        "- soil",
        "rock -n- roll",
        "pages 10 -20",
        "ls -l",
        "real-time maps",
        "Rome — the empire",
        '""',
        '"…"',
        "-",
        '"' * 1000,
    ],
)
def test_everything_else_stays_plain_words(question: str) -> None:
    assert operators_of(question) == Operators(question)


def test_operators_beyond_the_limit_are_plain_words() -> None:
    read = operators_of(" ".join(f"-word{n}" for n in range(MOST_OPERATORS + 1)))
    assert len(read.without) == MOST_OPERATORS
    assert read.text == f"-word{MOST_OPERATORS}"


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ('"naive maps"', {"maps"}),
        ('"naive map" history', {"maps"}),
        ('"maps naive"', set()),
        ('"crypto ad"', {"pots"}),
        ('history "soil of a garden"', {"soil"}),
        ("potatoes garden -soil", {"pots", "edge", "maps", "words"}),
        ('garden history -"crypto ad"', {"soil", "edge", "maps", "words"}),
        ('garden -soil -"crypto ad" "garden"', {"edge"}),
        ('"nobody says this"', set()),
        ("garden -unheard", {"soil", "pots", "edge", "maps", "words"}),
    ],
)
def test_operators_hold_in_every_mode(
    client: TestClient, mode: str, question: str, ids: set[str]
) -> None:
    answer = client.get("/search", params={"q": question, "mode": mode}).json()
    found = {hit["episode"]["id"] for hit in answer["hits"]}
    assert answer["query"] == question
    assert found <= ids
    if mode != "lexical":
        assert found == ids


def test_filters_and_facets_count_operators(client: TestClient) -> None:
    asked = {"q": "garden -soil", "facets": ["year"], "published_before": "2021-01-01"}
    answer = client.post("/search", json=asked).json()
    assert answer["facets"]["year"] == [{"value": "2020", "count": 2}]
    assert {hit["episode"]["id"] for hit in answer["hits"]} == {"pots", "maps"}


def test_the_feed_holds_to_operators(client: TestClient) -> None:
    feed = client.get("/search.rss", params={"q": "garden potatoes -soil", "min_relevance": 0})
    assert "<title>Garden pots</title>" in feed.text
    assert "<title>Garden soil</title>" not in feed.text


def test_similar_by_text_holds_to_operators(client: TestClient) -> None:
    like = {"like": ['"garden" potatoes -soil', "maps"], "k": 10}
    answer = client.post("/similar", json=like).json()
    assert answer["like"] == like["like"]
    assert {hit["episode"]["id"] for hit in answer["hits"]} == {"pots", "edge"}
    alone = client.post("/similar", json={"like": ["-soil"], "k": 10}).json()
    assert {hit["episode"]["id"] for hit in alone["hits"]} == {"pots", "edge", "maps", "words"}


def test_a_question_of_exclusions_lists_the_rest(client: TestClient) -> None:
    answer = client.get("/search", params={"q": '-soil -"crypto ad"'}).json()
    assert {hit["episode"]["id"] for hit in answer["hits"]} == {"edge", "maps", "words"}


@pytest.mark.parametrize(
    "question",
    [
        '"' * 1000,
        '"a" ' * 900,
        '-"' * 900,
        "-a1" * 900,
        "--" * 900,
        '-"-"-' * 300,
        f'"{"of the " * 500}"',
        f'-"{"rome " * 700}"',
        f'"{"x" * 3000}"',
        '\u202e"שלום עולם" -מילה\u202c',
        '"😀" -😀',
        '"\x00" -\x00a',
        "-_ _",
        '"_"',
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "lexical"])
def test_hostile_operators_answer(client: TestClient, question: str, mode: str) -> None:
    assert client.get("/search", params={"q": question, "mode": mode}).status_code == 200
    assert client.post("/similar", json={"like": [f"rome {question}"]}).status_code == 200
