"""Constraints in a question select episodes, and never lose a right answer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indexer.snapshot import Snapshot
from service.app import create_app
from service.search.query import Question
from service.search.understanding.operators import operators_of
from service.search.understanding.reading import Reader
from service.settings import Settings
from tests.conftest import REPOSITORY, BuildFake, OpenFake
from tests.understanding.corpus import NOW, episodes
from tests.understanding.judged import judged, meaning, shares

LEAST_RIGHT, MOST_WRONG = 0.95, 0.01


@pytest.fixture(scope="module")
def snapshot(open_fake: OpenFake) -> Snapshot:
    return open_fake(episodes())


@pytest.fixture(scope="module")
def reader(snapshot: Snapshot) -> Reader:
    return Reader(snapshot, lambda: NOW)


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake(episodes())
    with TestClient(create_app(Settings(snapshots=root))) as client:
        yield client


def asked(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/search", params=parameters).json()
    return answer


def years(answer: dict[str, Any]) -> set[str]:
    return {hit["episode"]["published_at"][:4] for hit in answer["hits"]}


@pytest.mark.parametrize("held_out", [False, True])
def test_judged_questions_are_understood(reader: Reader, held_out: bool) -> None:
    right, wrong = shares(reader, [each for each in judged() if each.held_out == held_out])
    assert right >= LEAST_RIGHT
    assert wrong <= MOST_WRONG


def test_there_are_as_many_questions_that_look_alike() -> None:
    constrained = [each for each in judged() if each.filter]
    assert len(constrained) == len(judged()) / 2 == 120


@pytest.mark.parametrize(
    "question",
    [
        "jazz published in 2019",
        "garden under 20 minutes",
        "S02E05",
        "rome on Software Engineering Daily",
    ],
)
def test_a_certain_constraint_is_the_filter_that_it_tells(
    client: TestClient, question: str
) -> None:
    answer = asked(client, q=question, k=100)
    assert {each["applied"] for each in answer["understood"]} == {"filter"}
    told = {name: value for each in answer["understood"] for name, value in each["filter"].items()}
    allowed = {
        each["id"]
        for each in client.get("/episodes", params={**told, "limit": 100}).json()["episodes"]
    }
    assert {hit["episode"]["id"] for hit in answer["hits"]} <= allowed
    assert answer["hits"]
    assert answer["query"] == question


def test_understanding_can_be_switched_off(client: TestClient) -> None:
    question = "jazz published in 2019, under 20 minutes"
    assert len(asked(client, q=question)["understood"]) == 2
    assert "understood" not in asked(client, q=question, understand=False)
    one = asked(client, q=question, as_words="Under 20 minutes")["understood"]
    assert [each["text"] for each in one] == ["published in 2019"]


def test_a_constraint_that_leaves_nothing_is_told_and_not_applied(client: TestClient) -> None:
    answer = asked(client, q="jazz published in 2010")
    assert [each["applied"] for each in answer["understood"]] == ["none"]
    assert len(years(answer)) > 1


def test_a_parameter_contradicts_the_question(client: TestClient) -> None:
    answer = asked(client, q="jazz published in 2019", published_before="2019-01-01")
    assert [each["applied"] for each in answer["understood"]] == ["none"]
    assert answer["hits"]
    assert years(answer) <= {"2017", "2018"}


def test_words_that_others_say_are_a_weight(open_fake: OpenFake) -> None:
    looking_back = {
        "id": "x",
        "summary": "Jazz: looking back at 2019.",
        "published_at": "2021-01-05",
    }
    reader = Reader(open_fake([*episodes(), looking_back]), lambda: NOW)
    read = reader.read(Question("jazz in 2019", 10, understand=True))
    assert [each.applied for each in read.understood] == ["weight"]
    assert read.question.text == "jazz in 2019"
    unrelated = reader.read(Question("soil in 2019", 10, understand=True))
    assert [each.applied for each in unrelated.understood] == ["filter"]
    assert unrelated.question.text == "soil"


def test_a_corpus_without_durations_is_not_filtered_by_length(open_fake: OpenFake) -> None:
    without = (
        {**each, "duration_s": each["duration_s"] if n < 9 else None}
        for n, each in enumerate(episodes())
    )
    reader = Reader(open_fake(without), lambda: NOW)
    read = reader.read(Question("jazz under 20 minutes", 10, understand=True))
    assert [each.applied for each in read.understood] == ["weight"]


def test_preferred_episodes_come_higher(client: TestClient) -> None:
    def places(understand: str) -> list[int]:
        hits = asked(client, q="short episodes about jazz", k=100, understand=understand)["hits"]
        lengths = [hit["episode"]["duration_s"] for hit in hits]
        return [place for place, length in enumerate(lengths) if length <= 1200]

    weighed, plain = places("true"), places("false")
    assert weighed[0] < plain[0]
    assert len(weighed) > len(plain)


def test_a_question_of_constraints_alone_lists_the_newest_first(client: TestClient) -> None:
    answer = asked(client, q="the latest episodes of Syntax")
    dates = [hit["episode"]["published_at"] for hit in answer["hits"]]
    assert answer["answered"]
    assert dates == sorted(dates, reverse=True)
    assert dates[0] == "2026-11-27"
    feed = client.get("/search.rss", params={"q": "the latest episodes of Syntax"})
    assert feed.text.count("<item>") == 32


def test_a_long_text_has_no_constraints(client: TestClient) -> None:
    assert "understood" not in asked(client, q=f"{'jazz ' * 100} published in 2019")


def _documented() -> Iterator[tuple[str, set[str]]]:
    """The examples of the table in the documentation, each with the parameters of its row."""
    documented = (REPOSITORY / "service" / "README.md").read_text()
    table = documented.partition("### Constraints")[2].partition("A constraint that is certain")[0]
    for row in table.splitlines():
        examples, _, parameters = row.strip("|").partition("|")
        for example in re.findall("`([^`]+)`", examples):
            if example != "filter" and "`" in parameters:
                yield example, set(re.findall("`([^`]+)`", parameters))


@pytest.mark.parametrize(("question", "parameters"), [*_documented()])
def test_the_documented_constraints_are_understood(
    reader: Reader, question: str, parameters: set[str]
) -> None:
    understood = meaning(reader, question)
    assert understood
    assert understood.keys() <= parameters


def test_the_documented_operators_are_read() -> None:
    documented = (REPOSITORY / "service" / "README.md").read_text()
    (question,) = re.findall(r"--data-urlencode 'q=([^']+)'", documented)
    assert operators_of(question) == (
        "potatoes raised beds",
        ("raised beds",),
        ("soil", "crypto ad"),
    )


def _operators() -> Iterator[tuple[str, list[str], list[str]]]:
    """The examples of the table in the documentation, with what must stand and what must not."""
    documented = (REPOSITORY / "service" / "README.md").read_text()
    table = documented.partition("| typed |")[2].partition("\n\n")[0]
    for row in table.splitlines()[2:]:
        examples, phrases, without = (re.findall("`([^`]+)`", cell) for cell in row.split("|")[1:4])
        yield from ((example, phrases, without) for example in examples)


@pytest.mark.parametrize(("question", "phrases", "without"), [*_operators()])
def test_the_table_of_operators_is_read(
    question: str, phrases: list[str], without: list[str]
) -> None:
    read = operators_of(question)
    assert [*read.phrases] == phrases
    assert [*read.without] == without
    assert phrases or without or read.text == question
