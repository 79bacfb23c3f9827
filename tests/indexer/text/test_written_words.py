"""Words with marks, such as C++ and Node.js, are spelled with letters and digits."""

from collections.abc import Callable

import pytest

from indexer.text.written_words import asked, indexed, written_words

Known = Callable[[str], bool]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("C++, C# and C; F#.", "cplusplus, csharp and C; fsharp."),
        (".NET and ASP.NET", "dotnet and ASP.NET"),
        ("Node.js", "Node js nodejs"),
        ("AT&T R&B Q&A", "AT T att R B rb Q A qa"),
        ("401(k) GPT-4o 5G K-pop", "401 k 401k GPT 4o gpt4o 5G K pop kpop"),
        ("O’Brien's e\u2011mail", "O Brien obrien's e mail email"),
        ("state-of-the-art", "state of the art stateoftheart"),
    ],
)
def test_a_text_is_indexed_with_parts_and_spelling(text: str, spelled: str) -> None:
    assert indexed(text) == spelled


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "isn't Berglund’s",
        "real-time",
        "U.S. economy",
        "3.5 10-20 2020-01-31",
        "#1 C#7",
        "a+b ++ # . & (k)",
        f"{'x' * 40}-y",
        "",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert indexed(text) == text


@pytest.mark.parametrize(
    ("question", "known", "unknown"),
    [
        ("Node.js", "nodejs Node", "Node js"),
        ("K-pop", "kpop pop", "K pop"),
        ("l'amour", "lamour amour", "l amour"),
        ("C++", "cplusplus", "cplusplus"),
        ("cpp or Cpp", "cplusplus or cplusplus", "cplusplus or cplusplus"),
    ],
)
def test_a_question_has_the_spelling_that_some_episode_has(
    question: str, known: str, unknown: str
) -> None:
    assert asked(question, lambda _: True) == known
    assert asked(question, lambda _: False) == unknown


def test_words_are_found_where_they_stand() -> None:
    text = "In C# or\nNode.js’s code"
    found = [(text[word.start : word.stop], word.spelling) for word in written_words(text)]
    assert found == [("C#", "csharp"), ("Node.js", "nodejs")]
