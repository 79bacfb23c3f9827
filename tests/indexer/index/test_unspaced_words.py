"""Chinese, Japanese and Thai episodes by word."""

from pathlib import Path

import pytest

from indexer.episode import fold
from indexer.index.words.lexical_index import LexicalIndex, lexical_writer, stemmer
from indexer.index.words.words_of_text import words_of_text
from tests.unspaced import LANGUAGES, collection

ENGLISH = {
    "id": "english",
    "title": "Rails",
    "summary": "A railway across the plateau; OpenAI too.",
}
EPISODES = [ENGLISH, *(e for language in LANGUAGES for e in collection(language).episodes)]
FIRST_OF_TWENTY = 18
STEM = stemmer()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    """Of all three languages and English."""
    directory = tmp_path_factory.mktemp("unspaced") / "lexical"
    with lexical_writer(directory) as add:
        for row, episode in enumerate(EPISODES):
            add(row, fold(f"{episode['title']}\n{episode['summary']}"))
    return LexicalIndex(directory, segmented=True)


def found(index: LexicalIndex, question: str) -> list[str]:
    return [
        EPISODES[row]["summary"] for row in index.search(index.analyzed(fold(question)), 10).rows
    ]


def marked(index: LexicalIndex, question: str, text: str) -> list[str]:
    terms = {*index.analyzed(fold(question)).counts}
    spans: list[tuple[int, int]] = []
    for start, stop, stem in words_of_text(text, STEM):
        if stem in terms:
            overlaps = bool(spans) and start < spans[-1][1]
            spans.append((spans.pop()[0] if overlaps else start, stop))
    return [text[start:stop] for start, stop in spans]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_right_episode_is_first(index: LexicalIndex, language: str) -> None:
    episodes, questions = collection(language)
    wanted = {episode["id"]: episode["summary"] for episode in episodes}

    right = [
        question for question, name in questions if found(index, question)[:1] == [wanted[name]]
    ]

    assert len(questions) == 20
    assert len(right) >= FIRST_OF_TWENTY


@pytest.mark.parametrize("question", ["酒", "駅", "茶"])
def test_a_letter_that_is_no_word_of_its_own_finds_words_that_have_it(
    index: LexicalIndex, question: str
) -> None:
    assert question in found(index, question)[0]


@pytest.mark.parametrize("question", ["什么是人工智能？", "请问 人工智能"])
def test_what_a_question_is_worded_with_is_not_asked_for(
    index: LexicalIndex, question: str
) -> None:
    assert {*index.terms(question)} == {"人工", "智能"}


def test_words_of_a_question_alone_are_asked_for_where_there_are_no_others(
    index: LexicalIndex,
) -> None:
    assert index.terms("什么")


def test_a_name_beside_a_run_is_found_in_both_languages(index: LexicalIndex) -> None:
    assert len(found(index, "openai")) == 2
    assert found(index, "OpenAI的竞争")[0].startswith("人工智能")
    assert found(index, "deepmind")[0].startswith("人工智能")


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        ("铁路", "这一期讲青藏铁路的修建，不讲公路。", ["铁路"]),
        ("卡车司机", "长途卡车司机和出租车", ["卡车司机"]),
        ("莫高窟", "敦煌莫高窟的修复师", ["莫高窟"]),
        ("寿司を食べる", "司法と寿司。毎日食べた。", ["寿司", "食"]),
        ("魚", "魚の値段はどう決まるのか。", ["魚"]),
        ("マイルス", "マイルス・デイヴィスと Blue Note", ["マイ", "ルス"]),
        ("blue noteのレコード", "Blue Noteのレコードを", ["Blue", "Note", "レコード"]),
        ("รถไฟ", "ประวัติศาสตร์รถไฟไทย และแม่น้ำ", ["รถไฟ"]),
        ("แม่น้ำ", "ริมแม่น้ำเจ้าพระยา ใน Bangkok", ["แม่น้ำ"]),
        ("railway", "The railway 铁路, and railways", ["railway", "railways"]),
    ],
)
def test_the_words_asked_for_are_marked(
    index: LexicalIndex, question: str, text: str, words: list[str]
) -> None:
    assert marked(index, question, text) == words


def test_an_index_without_a_segmenter_takes_questions_as_it_took_texts(tmp_path: Path) -> None:
    with lexical_writer(tmp_path / "lexical") as add:
        add(0, "plain words")
    index = LexicalIndex(tmp_path / "lexical")
    assert dict(index.terms("铁路的历史")) == {"铁路的历史": 1}
    assert index.search(index.analyzed("plain"), 1).rows.tolist() == [0]
