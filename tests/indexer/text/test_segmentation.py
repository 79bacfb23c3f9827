"""Words of scripts that put no space between them; texts of other scripts stay as they are."""

import re
import sys
import unicodedata

import pytest

from indexer.episode import fold
from indexer.errors import SegmenterMissing
from indexer.text import segmentation
from indexer.text.segmentation import count_words, has_unspaced, spaced, words_of
from tests.conftest import SEED_SUMMARIES
from tests.unspaced import LANGUAGES, collection

SPACED = (
    "",
    "plain words",
    "“Café”—naïve, 3½ × 2 … ™ 🎷🇹🇭",
    "Привет мир, Ελληνικά και άλλα",
    "سلام دنیا שלום עולם",
    "नमस्ते दुनिया தமிழ் మాట",
    "안녕하세요 세계",
    "Tiếng Việt có dấu ạ ế ữ",
    "ქართული Հայերեն አማርኛ",
)


def summaries(language: str) -> list[str]:
    return [episode["summary"] for episode in collection(language).episodes]


@pytest.mark.parametrize("text", [*SPACED, SEED_SUMMARIES.read_text()])
def test_text_of_other_scripts_is_not_segmented(text: str) -> None:
    assert not has_unspaced(text)
    assert spaced(text) is text
    assert words_of(text) == text.split()
    assert count_words(text) == len(text.split())


@pytest.mark.parametrize("letter", "铁々〇すスｽーไກခខ\U00020000")
def test_one_letter_among_others_is_met(letter: str) -> None:
    assert has_unspaced(f"An English sentence with {letter} in it.")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("铁路的历史", ["铁路", "的", "历史"]),
        ("中国铁路局", ["中国", "铁路", "局"]),
        ("日本酒", ["日本", "本酒"]),
        ("莫高窟", ["莫", "高", "莫高", "窟", "高窟"]),
        ("寿司職人の朝", ["寿司", "職人", "朝"]),
        ("ジャズピアノ", ["ジャズ", "ピアノ"]),
        ("ｶﾌｪ", ["カフェ"]),
        ("รถไฟไทย", ["รถไฟ", "ไทย"]),
        ("AI技术2024年，OpenAI也说", ["AI", "技术", "2024", "年", "OpenAI", "也", "说"]),
    ],
)
def test_a_run_becomes_its_terms_and_the_rest_stays(text: str, terms: list[str]) -> None:
    assert re.findall(r"\w+", spaced(fold(text))) == terms


@pytest.mark.parametrize(
    ("one", "other"), [("食べる", "食べた"), ("お茶", "茶"), ("新しい", "新しく")]
)
def test_an_inflected_word_is_one_term_in_any_form(one: str, other: str) -> None:
    assert spaced(one).split()[0] == spaced(other).split()[0]


def test_a_thai_word_is_one_term_however_it_is_encoded() -> None:
    (term,) = spaced("แม่น้ำ").split()
    assert term.isalnum()  # a tokenizer that divides at marks keeps it whole
    for encoded in (fold("แม่น้ำ"), unicodedata.normalize("NFD", "แม่น้ำ"), "แม่นํ้า"):
        assert spaced(encoded).split() == [term]


@pytest.mark.parametrize("language", LANGUAGES)
def test_matches_in_a_text_are_its_indexed_terms(language: str) -> None:
    for summary in summaries(language):
        found = [part.term for part in segmentation.parts(summary)]
        rest = segmentation.without_unspaced(summary)
        assert len(rest) == len(summary)
        indexed = re.findall(r"\w+", spaced(fold(summary)))
        assert sorted([*found, *re.findall(r"\w+", fold(rest))]) == sorted(indexed)


def test_without_icu_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.match(r"\d+", segmentation.version())
    monkeypatch.setitem(sys.modules, "icu4py", None)
    with pytest.raises(SegmenterMissing, match=r"^icu4py, .* run pip install icu4py\.$"):
        segmentation.version()


def test_parts_are_slices_of_the_runs() -> None:
    text = "Tea. 看铁路。"
    found = [(text[start:stop], term) for start, stop, term in segmentation.parts(text)]
    assert found == [("看", "看"), ("铁路", "铁路")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_counted_about_as_they_are_found(language: str) -> None:
    text = "".join(summaries(language))
    assert count_words(text) == pytest.approx(len(words_of(text)), rel=0.25)
