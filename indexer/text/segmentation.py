"""Finds the words of scripts that put no space between them: Chinese, Japanese, Thai and others.

ICU's dictionaries divide a run of such letters into words. The only importer of icu4py, which is
loaded when the first run is met; texts of other scripts stay as they are.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from indexer.errors import SegmenterMissing

NAME = "ICU"

_THAI_AND_LAO = r"\u0e00-\u0eff"
_SOUTHERN = rf"{_THAI_AND_LAO}\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"  # with Burmese and Khmer
_HAN = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HIRAGANA = r"\u3041-\u309f"
_KATAKANA = r"\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
UNSPACED = f"{_SOUTHERN}{_HAN}{_HIRAGANA}{_KATAKANA}"  # letters, as in the brackets of a pattern

_RUN = re.compile(f"[{UNSPACED}]+")
# What the UTF-8 of no such letter begins with: nearly every text of other scripts has none else.
_OTHER_BYTES = bytes({*range(256)} - {0xE0, 0xE1, *range(0xE3, 0xEB), 0xEF, 0xF0})
# Thai and Lao "am": compatibility forms divide it, and ICU knows it whole.
_AM = (
    (re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\\1\u0e33"),
    (re.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\\1\u0eb3"),
)
_RUNS_KEPT = 4096  # a text is divided for the lexical index and for the forward index
_MARK = re.compile(r"\W|_")
_STAND_INS = 0x20000  # rare Han letters: what divides terms at marks takes them for letters
_ONE_KANA = re.compile(f"[{_HIRAGANA}]")
_ALL_HAN = re.compile(f"[{_HAN}]+")
_INFLECTED = re.compile(f"[\u304a\u3054]?(?P<stem>[{_HAN}].*?)[{_HIRAGANA}]*")  # polite: o, go
# Han letters before no, wa, ga, wo, e or mo, which are no ending.
_WITH_PARTICLE = re.compile(f"[{_HAN}]+[\u306e\u306f\u304c\u3092\u3078\u3082]")
# How many letters a word has on average, by those of the run.
_LETTERS_A_WORD = (
    (re.compile(f"[{_SOUTHERN}]"), 4.0),
    (re.compile(f"[{_HIRAGANA}{_KATAKANA}]"), 2.6),
    (re.compile(""), 1.6),
)
# Not before signs that repeat or shorten the word before them.
_PHRASE_SPACE = re.compile(
    f"(?<=[{_THAI_AND_LAO}])[ \u00a0]+(?=[{_THAI_AND_LAO}])(?![\u0e46\u0e2f\u0ec6\u0eaf])"
)

# What a question is worded with.
_QUESTION_WORDS = frozenset(
    "的 了 和 与 與 及 或 是 在 我 你 您 他 她 它 们 們 有 也 都 就 不 这 這 那 哪 谁 誰 吗 "
    "嗎 呢 吧 啊 从 從 对 對 到 被 把 让 讓 个 個 我们 我們 你们 你們 他们 他們 什么 什麼 "
    "怎么 怎麼 怎样 怎樣 如何 为什么 為什麼 哪些 哪里 哪裡 这个 這個 那个 那個 一个 一個 "
    "关于 關於 请问 請問 节目 節目 播客 する した して いる ある です ます でし まし ませ "
    "せん まで から より など こと もの という とは には では にも でも この その あの どの "
    "どう なに いつ どこ なぜ ください について 何 エピソード 番組 ที่ และ ของ ใน การ ความ "
    "เป็น มี ได้ ให้ จะ ไม่ กับ จาก โดย นี้ นั้น คือ ว่า ก็ แต่ หรือ ไหม ครับ ค่ะ อะไร ทำไม "
    "อย่างไร ยังไง ไหน ใคร เมื่อ เมื่อไร เกี่ยวกับ ตอน รายการ".split()
)


class Part(NamedTuple):
    """text[start:stop], and the term it is indexed as."""

    start: int
    stop: int
    term: str


def version() -> str:
    """Of ICU: its dictionaries differ. Raises SegmenterMissing where it cannot be loaded."""
    try:
        from icu4py import icu_version
    except ImportError as error:
        raise SegmenterMissing(
            "icu4py, which finds the words of texts without spaces, as Chinese, Japanese and Thai, "
            f"cannot be loaded ({error}); run pip install icu4py."
        ) from None
    return icu_version


def has_unspaced(text: str) -> bool:
    """Whether a text has a letter of such a script; fast where it has none."""
    if text.isascii():
        return False
    is_other = not text.encode("utf-8", "replace").translate(None, _OTHER_BYTES)
    return not is_other and _RUN.search(text) is not None


def spaced(text: str) -> str:
    """The text with the terms of each run in its place, and white space around them."""
    if not has_unspaced(text):
        return text
    return _RUN.sub(lambda run: f" {' '.join(part.term for part in _parts(run[0]))} ", _whole(text))


def without_unspaced(text: str) -> str:
    """The text with spaces for the letters of each run: all else stays where it is."""
    return _RUN.sub(lambda run: " " * len(run[0]), text)


def is_han(term: str) -> bool:
    """Whether it is one Chinese letter."""
    return len(term) == 1 and _ALL_HAN.match(term) is not None


def question_words() -> frozenset[str]:
    """The terms that a question is worded with."""
    return frozenset(term for word in _QUESTION_WORDS for term in spaced(word).split())


def parts(text: str) -> Iterator[Part]:
    """The parts of all runs; they may overlap."""
    for run in _RUN.finditer(text):
        at = run.start()
        yield from (Part(at + start, at + stop, term) for start, stop, term in _parts(run[0]))


def word_starts(text: str, start: int, stop: int) -> Iterator[int]:
    """Where words begin in the runs of text[start:stop], and where runs end."""
    for run in _RUN.finditer(text, start, stop):
        yield from (run.start() + first for first, _ in _words(run[0]))
        yield run.end()


def words_of(text: str) -> list[str]:
    """Those between white space; of runs, those that ICU finds."""
    if not has_unspaced(text):
        return text.split()
    return _RUN.sub(lambda run: f" {' '.join(_texts(run[0]))} ", _whole(text)).split()


def count_words(text: str) -> float:
    """About how many words a text has, without looking for those of runs."""
    if not has_unspaced(text):
        return len(text.split())
    return len(_RUN.sub(" ", text).split()) + sum(map(_words_of_run, _RUN.findall(text)))


def phrase_ends(text: str, start: int, stop: int) -> list[int]:
    """Where a space ends a phrase of Thai or Lao, which have no full stop."""
    if not has_unspaced(text[start:stop]):
        return []
    return [space.end() for space in _PHRASE_SPACE.finditer(text, start, stop)]


@lru_cache(_RUNS_KEPT)
def _parts(run: str) -> tuple[Part, ...]:
    return tuple(_parts_of(run))


def _parts_of(run: str) -> Iterator[Part]:
    """A longer word of Han letters is indexed by each two neighbours: a part of it is found too."""
    single = -1  # where the word before ends, if it is one Han letter
    for start, stop in _words(run):
        word = run[start:stop]
        at, stem = _stem_of(word)
        if len(stem) > 2 and _ALL_HAN.fullmatch(stem):
            first = start + at
            for letter in range(first, first + len(stem) - 1):
                yield Part(letter, letter + 2, _term(run[letter : letter + 2]))
        else:
            yield Part(start, stop, _term(stem))
        if single == start and _is_single(word):  # as names are divided that ICU does not know
            yield Part(start - 1, stop, _term(run[start - 1 : stop]))
        single = stop if _is_single(word) else -1


def _words_of_run(run: str) -> float:
    letters = next(letters for having, letters in _LETTERS_A_WORD if having.search(run))
    return len(run) / letters


def _is_single(word: str) -> bool:
    """One Han letter that is no question word."""
    return is_han(word) and word not in _QUESTION_WORDS


def _stem_of(word: str) -> tuple[int, str]:
    """A Japanese word without its ending, and where that begins in the word."""
    inflected = _INFLECTED.fullmatch(word)
    return (inflected.start("stem"), inflected["stem"]) if inflected else (0, word)


def _term(word: str) -> str:
    return _MARK.sub(_stand_in, unicodedata.normalize("NFKC", word))


def _stand_in(mark: re.Match[str]) -> str:
    return chr(_STAND_INS + ord(mark[0]))


def _whole(text: str) -> str:
    for divided, whole in _AM:
        text = divided.sub(whole, text)
    return text


def _texts(run: str) -> Iterator[str]:
    return (run[start:stop] for start, stop in _words(run))


def _words(run: str) -> Iterator[tuple[int, int]]:
    """Where they start and stop; a single kana is a particle, and no word."""
    from icu4py.breakers import WordBreaker

    for start, stop in WordBreaker(run, "root").segments():
        word = run[start:stop]
        if any(map(str.isalnum, word)) and not _ONE_KANA.fullmatch(word):
            yield start, stop - (_WITH_PARTICLE.fullmatch(word) is not None)
