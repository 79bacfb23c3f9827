"""Words are found and marked as people write them."""

import orjson
import pytest

from indexer.snapshot import Snapshot
from service.search.query import Hit, Question
from service.search.question_cache import QuestionCache
from service.search.retriever import Retriever
from tests.conftest import OpenFake

SUMMARIES = {
    "cpp": "Templates in C++ are hard.",
    "csharp": "Records in C# are easy.",
    "c": "Pointers in C are raw.",
    "dotnet": "Porting .NET to the cloud.",
    "net": "A fishing net, and its holes.",
    "node": "Streams in Node.js, explained.",
    "phone": "What AT&T did to R&B radio.",
    "pension": "Is your 401(k) safe?",
    "models": "GPT-4o and 5G in one year.",
    "pop": "K-pop is not only music.",
    "names": "Sinéad O’Brien meets Jean-Luc Godard in a naïve café.",
}


@pytest.fixture(scope="module")
def snapshot(open_fake: OpenFake) -> Snapshot:
    return open_fake({"id": name, "summary": text} for name, text in SUMMARIES.items())


def hits(snapshot: Snapshot, question: str) -> list[Hit]:
    (answer,) = Retriever(snapshot, QuestionCache(1)).search(
        [Question(question, 10, mode="lexical")]
    )
    return answer.hits


@pytest.mark.parametrize(
    ("question", "ids", "marked"),
    [
        ("C++", ["cpp"], ["C++"]),
        ("cpp", ["cpp"], ["C++"]),
        ("C#", ["csharp"], ["C#"]),
        ("csharp", ["csharp"], ["C#"]),
        ("C", ["c"], ["C"]),
        (".NET", ["dotnet"], [".NET"]),
        ("net", ["net"], ["net"]),
        ("Node.js", ["node"], ["Node.js"]),
        ("nodejs", ["node"], ["Node.js"]),
        ("AT&T", ["phone"], ["AT&T"]),
        ("r&b", ["phone"], ["R&B"]),
        ("401(k)", ["pension"], ["401(k)"]),
        ("401k", ["pension"], ["401(k)"]),
        ("GPT-4o", ["models"], ["GPT-4o"]),
        ("gpt4o", ["models"], ["GPT-4o"]),
        ("5g", ["models"], ["5G"]),
        ("K-pop", ["pop"], ["K-pop"]),
        ("kpop", ["pop"], ["K-pop"]),
        ("O'Brien", ["names"], ["O’Brien"]),
        ("obrien", ["names"], ["O’Brien"]),
        ("Sinead", ["names"], ["Sinéad"]),
        ("jean luc", ["names"], ["Jean", "Luc"]),
        ("cafés", ["names"], ["café"]),
        ("naive", ["names"], ["naïve"]),
    ],
)
def test_words_are_found_and_marked_as_they_are_written(
    snapshot: Snapshot, question: str, ids: list[str], marked: list[str]
) -> None:
    found = hits(snapshot, question)
    assert [orjson.loads(hit.episode)["id"] for hit in found] == ids
    highlight = found[0].highlight
    assert highlight
    summary = SUMMARIES[ids[0]]
    assert [summary[start:stop] for start, stop in highlight.matches] == marked
    assert found[0].scores["lexical"] > 0


def test_an_unknown_word_with_marks_is_asked_by_its_parts(snapshot: Snapshot) -> None:
    assert [orjson.loads(hit.episode)["id"] for hit in hits(snapshot, "e-radio")] == ["phone"]


GERMAN = {
    "night": "Pflegekräfte erzählen von langen Nachtschichten im Krankenhaus.",
    "law": "Was die Datenschutzgrundverordnung für kleine Vereine bedeutet.",
    "soil": "Wie man im Garten Kartoffeln pflanzt und was der Boden braucht.",
}


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("Datenschutz", ["law"]),
        ("Grundverordnung", ["law"]),
        ("Schicht", ["night"]),
        ("Nachtschicht", ["night"]),
        ("Kartoffel", ["soil"]),
        ("Schutzhelm", []),
    ],
)
def test_compound_words_are_found_by_their_parts(
    open_fake: OpenFake, question: str, ids: list[str]
) -> None:
    german = open_fake(
        {"id": name, "summary": text, "language": "de"} for name, text in GERMAN.items()
    )
    assert [orjson.loads(hit.episode)["id"] for hit in hits(german, question)] == ids


def test_english_words_are_not_found_by_their_parts(open_fake: OpenFake) -> None:
    english = open_fake([{"id": "a", "summary": "A housekeeper.", "language": "en"}])
    assert hits(english, "house") == []


MIXED = (
    {"id": "night", "summary": GERMAN["night"], "language": "de"},
    {"id": "nights", "summary": "Eine Nachtschicht im Hafen.", "language": "de-AT"},
    {
        "id": "runners",
        "summary": "Runners are running in the hospitals of London.",
        "language": "en",
    },
    {"id": "run", "summary": "A run in the morning.", "language": "en"},
    {"id": "other", "summary": "Nothing of the kind, said in English.", "language": "en"},
)


@pytest.mark.parametrize(
    ("question", "ids", "marked"),
    [
        ("Nachtschicht", {"night", "nights"}, {"Nachtschichten", "Nachtschicht"}),
        ("Nachtschichten", {"night", "nights"}, {"Nachtschichten", "Nachtschicht"}),
        ("running", {"runners", "run"}, {"running", "run"}),
        ("hospital", {"runners"}, {"hospitals"}),
    ],
)
def test_words_are_stemmed_in_the_language_of_their_episode(
    open_fake: OpenFake, question: str, ids: set[str], marked: set[str]
) -> None:
    found = hits(open_fake(MIXED), question)
    assert {orjson.loads(hit.episode)["id"] for hit in found} == ids
    texts = {
        hit.highlight.text[start - hit.highlight.start : stop - hit.highlight.start]
        for hit in found
        if hit.highlight
        for start, stop in hit.highlight.matches
    }
    assert texts == marked


def test_a_phrase_of_another_language_is_found(open_fake: OpenFake) -> None:
    snapshot = open_fake(MIXED)
    row = snapshot.episodes.row_of("night")
    assert snapshot.indexes.lexical.saying("langen Nachtschichten im").tolist() == [row]
