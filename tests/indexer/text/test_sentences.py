import random

import pytest

from indexer.text.sentences import MOST_WORDS, Span, split_clauses, split_sentences
from tests.conftest import SEED_SUMMARIES

ODD = (
    "",
    " \n\t ",
    "...",
    "? ! .",
    "word",
    "\n\nA.\r\nB. \u2028C\n",
    "“Is it?” (yes.) — no…",
    "東京。大阪!京都",
    "a" * 5000,
)


def sentences(text: str) -> list[str]:
    return [text[start:stop] for start, stop in split_sentences(text)]


def clauses(text: str) -> list[str]:
    return [text[start:stop] for start, stop in split_clauses(text, Span(0, len(text)))]


@pytest.mark.parametrize(
    "expected",
    [
        ["Tim asks.", "Ann answers!", "Why?", "Because."],
        ["Dr. Smith met Prof. Jones of Acme vs. Beta, e.g. in St. Louis.", "They talked."],
        ["J. R. R. Tolkien wrote in the U.K. Press and won.", "He left."],
        ["It was I.", "We left."],
        ["At 9 a.m. the talk began."],
        ["See https://example.com/a.html?b=1. for more.", "Then go."],
        ["Version 3.5 costs $3.50 or .5% more.", "Node.js is free."],
        ["He waited... and waited… then left...", "Nobody came…", "Really."],
        ['She said "stop."', "He “went.”", "(Both sat.)", "They're ‘here.’", "Done."],
        ["No stop at the end", "and a new line"],
        ["• One point.", "• Another point."],
    ],
)
def test_a_text_is_split_into_sentences(expected: list[str]) -> None:
    separator = "\n" if expected[0] == "No stop at the end" else " "
    assert sentences(separator.join(expected)) == expected


def test_chinese_and_japanese_sentences_need_no_white_space() -> None:
    expected = ["今日はいい天気。", "明日は？", "「はい。」", "これは三・五です"]
    assert sentences("".join(expected)) == expected


@pytest.mark.parametrize(
    ("separator", "expected"),
    [
        ("", ["真的吗?", "他说：“是的！”", "然后走了。"]),
        ("", ["版本3.5发布了。", "请看https://example.com/a.html。", "完."]),
        ("", ["王先生来了.", "他笑了."]),
        (" ", ["ทั้งหมดนี้คือเรื่องของแม่น้ำและผู้คนสองฝั่ง", "ชาวประมงเล่าถึงปลาที่หายไปทุกปีในหน้าแล้ง"]),
        (" ", ["ราคา 300 บาท ถูกๆ ๆ ดี"]),
        (" ", ["สวัสดี ครับ"]),
    ],
)
def test_text_without_spaces_is_split_into_sentences(separator: str, expected: list[str]) -> None:
    assert sentences(separator.join(expected)) == expected


def test_a_chinese_sentence_is_divided_at_its_pauses() -> None:
    expected = ["上海一家小咖啡馆的老板讲述手艺，", "以及她为什么辞掉银行的工作。"]
    assert clauses("".join(expected)) == expected
    assert clauses("".join(expected).replace("，", ",")) == [f"{expected[0][:-1]},", expected[1]]
    assert clauses("红茶、绿茶、白茶。") == ["红茶、绿茶、白茶。"]


def test_thai_is_divided_at_its_spaces() -> None:
    expected = ["คุณยายสอนทำแกงเขียวหวาน", "ต้องคั่วเครื่องแกงกับกะทิให้แตกมัน"]
    assert clauses(" ".join(expected)) == expected


@pytest.mark.parametrize("word", ["铁路", "รถไฟ", "寿司"])
def test_a_long_text_without_any_mark_is_cut_between_words(word: str) -> None:
    pieces = sentences(word * 130)
    assert "".join(pieces) == word * 130
    assert len(pieces) >= 3
    assert {len(piece) % len(word) for piece in pieces} == {0}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n\n", " \n \n "])
def test_a_line_break_ends_a_sentence(newline: str) -> None:
    assert sentences(f"Chapter one{newline}chapter two") == ["Chapter one", "chapter two"]


def test_a_question_mark_ends_a_sentence_before_a_small_letter_and_a_full_stop_does_not() -> None:
    assert sentences("why? because approx. ten") == ["why?", "because approx. ten"]


def test_a_text_without_marks_is_split_into_equal_pieces_of_at_most_60_words() -> None:
    pieces = sentences(" ".join(map(str, range(130))))
    assert [len(piece.split()) for piece in pieces] == [43, 43, 44]
    assert len(sentences("word " * MOST_WORDS)) == 1


def odd_texts() -> list[str]:
    rng = random.Random(0)
    parts = (
        "铁路",
        "รถไฟไทย",
        "カフェの",
        "word",
        "Dr",
        "U.S",
        "3.5",
        ".",
        "?",
        "…",
        "—",
        ", ",
        " - ",
        "\n",
        " ",
        '"',
        ")",
        "。",
    )
    made = ("".join(rng.choices(parts, k=rng.randint(1, 80))) for _ in range(300))
    return [*ODD, SEED_SUMMARIES.read_text(), *made]


def test_spans_index_the_text_in_order_without_overlap_and_cover_every_word() -> None:
    for text in odd_texts():
        whole = split_sentences(text)
        divided = [clause for sentence in whole for clause in split_clauses(text, sentence)]
        for spans in (whole, divided):
            places = [place for start, stop in spans for place in range(start, stop)]
            assert places == sorted(set(places))
            assert {place for place, sign in enumerate(text) if not sign.isspace()} <= set(places)
            assert all(text[start:stop] == text[start:stop].strip() != "" for start, stop in spans)


def test_a_sentence_is_split_into_clauses_at_its_pauses() -> None:
    expected = [
        "He built the first log store,",
        "sold it to a large company;",
        "then he told us this: why",
        "simple systems stay up for longer.",
    ]
    text = " ".join(expected).replace(": why", ": why -")
    assert clauses(text) == [*expected[:2], "then he told us this:", f"why - {expected[3]}"]


def test_an_em_dash_without_spaces_divides_a_sentence() -> None:
    expected = ["a coding contest about a file—", "launched for all of us here"]
    assert clauses("".join(expected)) == expected


def test_hyphens_in_words_and_commas_in_numbers_are_no_pauses() -> None:
    text = "we grew a well-known real-time system to 1,000,000 self-made rows a day"
    assert clauses(text) == [text]


def test_no_clause_has_fewer_than_five_words_unless_its_sentence_has() -> None:
    text = "Ann, Bob, Carl, Dora, and Emil met, sang, ate, and in the end, left, twice."
    found = clauses(text)
    assert len(found) > 1
    assert all(len(clause.split()) >= 5 for clause in found)
    assert clauses("Jazz, blues.") == ["Jazz, blues."]


def test_a_clause_without_pauses_is_split_into_equal_pieces_of_at_most_20_words() -> None:
    assert [len(clause.split()) for clause in clauses("word " * 45)] == [15, 15, 15]
